// Brings sacks: publishes from outside of any handler.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "omnibus/bus.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

struct FarmerOptions {
  std::string name;
  std::string configuration;
  std::int64_t first_line = 0;  // of its own
  std::int64_t lines = 1;
  std::int64_t sacks = 0;
  absl::Duration longest_pause;
  absl::Duration longest_timeout;
  bool waits = true;  // for each outcome, and tries again; else it publishes on, and never again
  std::function<TransportPlugin(Process&)> plugin;
  std::shared_ptr<spdlog::logger> log;
};

// It may be killed in the middle, and then goes on in a process of its own: what it had not heard
// the outcome of it brings again, as the same event, or leaves at that.
//
// Thread-safety: see World.
class Farmer {
 public:
  Farmer(World& world, Oracle& oracle, FarmerOptions options);

  bool done() const { return done_; }
  void Join() { thread_->Join(); }

 private:
  // A sack on its way to the mill.
  struct Cart {
    Good sack;
    Uuid id;
  };

  void Work();
  // From the start of a process to its end.
  void LiveOnce(Process& process);
  Cart Load();
  void Bring(Bus& bus, Process& process, const Cart& cart);

  World& world_;
  Oracle& oracle_;
  const FarmerOptions options_;
  int lives_ = 0;
  std::int64_t loaded_ = 0;
  std::map<std::int64_t, std::int64_t> numbers_;  // the last sack's, by line
  std::optional<Cart> unheard_of_;                // whoever brought it was killed
  bool done_ = false;
  const std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::simulation
