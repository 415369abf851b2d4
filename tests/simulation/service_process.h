// A process that runs modules on a bus: it is started, stopped, killed and started again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "omnibus/inbox.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/logger.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

struct ServiceOptions {
  std::string name;                  // "mill-1"
  std::vector<std::string> modules;  // of the mill's
  std::string configuration;
  absl::Duration drain;          // how long a stop may take
  absl::Duration restart_every;  // InfiniteDuration: it is not stopped before the end
  std::function<TransportPlugin(Process&)> plugin;
  std::function<InboxFactory(Process&)> inbox;  // null: in memory
  std::shared_ptr<spdlog::logger> log;
};

// Thread-safety: see World.
class ServiceProcess {
 public:
  ServiceProcess(World& world, Oracle& oracle, ServiceOptions options);
  ~ServiceProcess();

  // For the last time, in good order.
  void Stop() {
    stopping_ = true;
    bell_->Ring();
  }
  void Join() { thread_->Join(); }

 private:
  void Live();
  // From its start to its end.
  void LiveOnce(Process& process);

  World& world_;
  Oracle& oracle_;
  const ServiceOptions options_;
  int lives_ = 0;
  bool stopping_ = false;
  const std::unique_ptr<Doorbell> bell_;
  const std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::simulation
