// An operator of the mill's: replays and purges dead letters, and so releases parked keys.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "omnibus/transport_plugin.h"
#include "spdlog/logger.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

struct OperatorOptions {
  std::string configuration;
  // In the end what dies is mended, and then replayed; else it is purged.
  bool mends = false;
  absl::Duration every;  // a command
  std::function<TransportPlugin(Process&)> plugin;
  std::shared_ptr<spdlog::logger> log;
};

// Each command is a process of its own, which may be killed.
//
// Thread-safety: see World.
class Operator {
 public:
  Operator(World& world, Oracle& oracle, OperatorOptions options);

  void Stop() { stopping_ = true; }
  void Join() { thread_->Join(); }

 private:
  void Work();
  void Command(Process& process);

  World& world_;
  Oracle& oracle_;
  const OperatorOptions options_;
  int commands_ = 0;
  bool stopping_ = false;
  const std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::simulation
