// A bus for tests of handlers: no broker, no server, no waiting.
//
//   omnibus::TestBus bus(std::make_unique<CatalogService>(stock));
//   ASSERT_TRUE(bus.Publish(StockReserveRequest{.order_id = 1, ...}).ok());
//   bus.RunUntilIdle();
//   EXPECT_EQ(bus.Published<StockReserveSucceeded>().size(), 1u);
//
// It is the real bus, with the real envelope, retries and dead letters, on the memory transport and
// on virtual time: `bus.Advance(absl::Hours(1))` takes no longer than what happens in that hour.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/bus.h"
#include "omnibus/event.h"
#include "omnibus/event_type.h"
#include "omnibus/module.h"
#include "omnibus/simulated_runtime.h"
#include "omnibus/transports/memory.h"

namespace omnibus {

struct TestBusOptions {
  std::string configuration;             // YAML, as of a file; may be empty
  std::uint64_t seed = 1;                // another one lets threads take other turns
  std::vector<const EventType*> events;  // as in BusOptions: what no module handles or publishes
  std::shared_ptr<MemoryBroker> broker;  // default: a new one. Shared by two buses one after the
                                         // other, it shows what a restart leaves
  std::shared_ptr<spdlog::logger> log;   // default: none, the log is thrown away
  absl::Time start = SimulatedRuntime::kStart;
};

// Thread-safety: the thread that made it, which is "main" of its runtime.
class TestBus {
 public:
  explicit TestBus(std::vector<std::unique_ptr<Module>> modules, TestBusOptions options = {});
  explicit TestBus(std::unique_ptr<Module> module, TestBusOptions options = {});

  // Drains the bus, when Close() was not called.
  ~TestBus();

  // Why the bus did not open (a wrong configuration, a wrong contract); then every Publish() says
  // the same.
  const absl::Status& status() const { return status_; }

  // Waits for the outcome.
  template <Event E>
  absl::Status Publish(const E& event, const PublishOptions& options = {}) {
    return PublishEvent(EventTypeOf<E>(), &event, options);
  }
  absl::Status PublishEvent(const EventType& type, const void* event,
                            const PublishOptions& options);

  // Lets handlers run until there is nothing to do at this time.
  void RunUntilIdle() { runtime_->RunUntilIdle(); }

  // The same for all that is due within `duration`: retries, timers, time-outs.
  void Advance(absl::Duration duration);

  // Drains and closes, and leaves what was published to be looked at.
  absl::Status Close(absl::Duration budget = absl::Seconds(30));

  // What was published with success so far, by the test or by handlers, in that order.
  template <Event E>
  std::vector<E> Published() const {
    std::vector<E> events;
    for (const Record* record : Find(EventTypeOf<E>())) Decode(*record, &events.emplace_back());
    return events;
  }
  template <Event E>
  std::vector<Metadata> PublishedMetadata() const {
    std::vector<Metadata> metadata;
    for (const Record* record : Find(EventTypeOf<E>())) metadata.push_back(record->metadata);
    return metadata;
  }

  struct DeadLetter {
    std::string domain;
    std::string module;
    std::string channel;
    std::string reason;  // a status code's name, or "undecodable"
    std::string detail;
    int attempts = 0;
  };
  std::vector<DeadLetter> dead_letters() const;

  struct Handled {
    std::string domain;
    std::string module;
    Metadata metadata;
    int attempt = 0;
    absl::Status status;
  };
  std::vector<Handled> handled() const;

  SimulatedRuntime& runtime() { return *runtime_; }
  Bus& bus() { return *bus_; }  // when status() is OK

 private:
  class Recorder;

  struct Record {
    Metadata metadata;
    const EventType* type;
    std::string payload;  // as on the wire
  };

  std::vector<const Record*> Find(const EventType& type) const;
  void Decode(const Record& record, void* event) const;
  Naming NamingOf(const EventType& type) const;

  const std::unique_ptr<SimulatedRuntime> runtime_;
  const std::unique_ptr<Recorder> recorder_;
  Setting configuration_;
  absl::Status status_;
  std::unique_ptr<Bus> bus_;
};

}  // namespace omnibus
