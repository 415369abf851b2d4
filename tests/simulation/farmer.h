// Brings sacks: publishes from outside of any handler.
#pragma once

#include <memory>
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
  bool waits = true;  // for each outcome, and tries again; else it publishes on, and never again
  std::shared_ptr<spdlog::logger> log;
};

// Thread-safety: see World.
class Farmer {
 public:
  Farmer(World& world, Oracle& oracle, TransportPlugin plugin, Process& process,
         FarmerOptions options);

  bool done() const { return done_; }
  void Join() { thread_->Join(); }

 private:
  void Work();
  void Bring(Bus& bus, const Good& sack);

  World& world_;
  Oracle& oracle_;
  const TransportPlugin plugin_;
  const FarmerOptions options_;
  bool done_ = false;
  const std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::simulation
