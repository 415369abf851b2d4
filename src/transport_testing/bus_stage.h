// A check of the whole bus on the transport.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/bus.h"
#include "omnibus/configuration.h"
#include "omnibus/dead_letters.h"
#include "omnibus/transport_plugin.h"
#include "transport_testing/parcels.h"
#include "transport_testing/stage.h"
#include "transport_testing/tap.h"

namespace omnibus::transport_testing {

// What handlers saw. Thread-safety: any thread, concurrently.
class Ledger {
 public:
  struct Entry {
    std::string address;
    std::int64_t number = 0;
    int attempt = 0;
    Metadata metadata;
    Parcel parcel;
    absl::Time at;
  };

  void Note(const Parcel& parcel, const Context& context);
  std::vector<Entry> entries() const;
  std::size_t size() const;
  // The numbers of one address, as they came.
  std::vector<std::int64_t> NumbersOf(std::string_view address) const;
  std::map<std::int64_t, int> Times() const;  // how often each number came
  bool Has(std::int64_t number) const;

 private:
  mutable absl::Mutex mu_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mu_);
};

class BusStage : public Stage {
 public:
  void SetUp() override;
  void TearDown() override;

 protected:
  struct Recipe {
    Receiver::Work receive;     // none: the module does not run
    Watcher::Work watch;        // none: the module does not run
    std::string receiver = {};  // YAML of modules.receiver: "{concurrency: 4}"
    std::string bus = {};       // more YAML of `bus`, a line for each
    int queue = 0;              // MakeOptions::queue
    Runtime* runtime = &SystemRuntime();
  };

  std::unique_ptr<Bus> OpenBus(Recipe recipe);
  // What the bus's modules could not handle.
  std::unique_ptr<DeadLetters> OpenDeadLetters();
  // One that publishes alone.
  std::unique_ptr<Bus> OpenPublisher() { return OpenBus({}); }

  static Parcel MakeParcel(std::string_view address, std::int64_t number);
  // Each must be confirmed.
  void PublishParcels(Bus& bus, const std::vector<Parcel>& parcels);

  // What lies in the dead letters of the receiver: `count` of them, and what else comes within
  // `longer`.
  std::vector<Received> DeadParcels(std::size_t count, absl::Duration longer);

  // A transport beside the bus's, in the same namespace.
  std::unique_ptr<Transport> Beside(int queue = 0);
  Tape& tape() { return *tape_; }
  const std::string& space() const { return space_; }

 private:
  TransportPlugin Plugin(const Recipe& recipe);
  Setting Configuration(const Recipe& recipe);

  std::shared_ptr<Tape> tape_;
  std::string space_;
};

}  // namespace omnibus::transport_testing
