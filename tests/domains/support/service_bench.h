#ifndef OMNIBUS_TESTS_DOMAINS_SUPPORT_SERVICE_BENCH_H_
#define OMNIBUS_TESTS_DOMAINS_SUPPORT_SERVICE_BENCH_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/context.h"
#include "omnibus/module.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"
#include "omnibus/timers.h"

namespace domain_testing {

// A UUID that a test can write down: 00000000-0000-4000-8000-0000000000NN.
omnibus::Uuid Id(std::uint32_t number);

// An event that a service has published: spelled as in C++.
struct Sent {
  std::string type;
  std::string payload;  // compact JSON, snake_case
  omnibus::PublishOptions options;
};

// "order.created {...}"
std::string Line(const Sent& sent);
std::vector<std::string> Lines(const std::vector<Sent>& sent);

// The machine's runtime, with a wall clock that the test sets.
class BenchRuntime final : public omnibus::Runtime {
 public:
  absl::Time Now() override { return omnibus::SystemRuntime().Now(); }
  absl::Time WallTime() override;
  void SetWallTime(absl::Time time);
  std::uint64_t Random() override { return omnibus::SystemRuntime().Random(); }
  std::unique_ptr<omnibus::Doorbell> NewDoorbell() override {
    return omnibus::SystemRuntime().NewDoorbell();
  }
  std::unique_ptr<omnibus::Thread> Spawn(std::string name, std::function<void()> body) override {
    return omnibus::SystemRuntime().Spawn(std::move(name), std::move(body));
  }
  void SleepUntil(absl::Time deadline) override { omnibus::SystemRuntime().SleepUntil(deadline); }

 private:
  absl::Mutex mu_;
  absl::Time wall_time_ ABSL_GUARDED_BY(mu_) = absl::FromUnixSeconds(1'735'732'800);
};

// One service on a bench: no bus, no broker; time, deliveries and the outcomes of publishes are the
// test's.
//
// Thread-safety: Deliver() and what the service calls from any thread; the rest from the test's.
class ServiceBench final : public omnibus::ModuleHost, public omnibus::Publisher, omnibus::Timers {
 public:
  // Describes and starts it. `module` outlives the bench, which stops it.
  explicit ServiceBench(omnibus::Module& module);
  ~ServiceBench() override;

  const absl::Status& started() const { return started_; }
  BenchRuntime& bench_runtime() { return runtime_; }
  const omnibus::ModuleDescription& description() const { return description_; }

  // Hands an event to its handler. What it published is kept if it succeeded.
  template <omnibus::Event E>
  absl::Status Deliver(const E& event) {
    return Deliver(event, NewKey());
  }
  template <omnibus::Event E>
  absl::Status Deliver(const E& event, const omnibus::Uuid& key) {
    return DeliverEvent(omnibus::EventTypeOf<E>(), &event, key);
  }
  absl::Status DeliverEvent(const omnibus::EventType& type, const void* event,
                            const omnibus::Uuid& key);

  // What the handlers and timers have published since the last call.
  std::vector<Sent> TakeEffects();
  std::vector<std::string> TakeEffectLines() { return Lines(TakeEffects()); }

  // Publishes outside of handlers: what is to become of the next ones, then OK again.
  void Answer(std::vector<absl::Status> outcomes);
  // All tries, confirmed or not, since the last call.
  std::vector<Sent> TakeTries();
  // Waits until there were `count` tries since the last TakeTries(), for 10 seconds at most.
  bool WaitForTries(std::size_t count);

  // Sets the wall clock, and runs the timers that are due, in their order.
  absl::Status RunTimersUntil(absl::Time time);

  omnibus::Publisher& publisher() override { return *this; }
  omnibus::Timers& timers() override { return *this; }
  omnibus::Runtime& runtime() override { return runtime_; }
  spdlog::logger& log() override;

  absl::Status PublishEvent(const omnibus::EventType& type, const void* event,
                            const omnibus::PublishOptions& options) override;
  void PublishEventAsync(const omnibus::EventType& type, const void* event,
                         const omnibus::PublishOptions& options,
                         omnibus::PublishCallback done) override;
  void Schedule(absl::Time when, std::string_view name, const omnibus::Context& context,
                omnibus::TimerAction action) override;
  std::size_t pending() const override;

 private:
  class BenchContext;
  struct Timer {
    std::string name;
    omnibus::Metadata metadata;
    omnibus::TimerAction action;
  };

  omnibus::Uuid NewKey();

  omnibus::Module& module_;
  omnibus::ModuleDescription description_;
  absl::Status started_;
  BenchRuntime runtime_;

  mutable absl::Mutex mu_;
  std::vector<Sent> effects_ ABSL_GUARDED_BY(mu_);
  std::vector<Sent> tries_ ABSL_GUARDED_BY(mu_);
  std::deque<absl::Status> answers_ ABSL_GUARDED_BY(mu_);
  std::multimap<absl::Time, Timer> timers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace domain_testing

#endif  // OMNIBUS_TESTS_DOMAINS_SUPPORT_SERVICE_BENCH_H_
