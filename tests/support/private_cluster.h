// Three brokers that are one cluster, for what happens when one of them goes away.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tests/support/brokers.h"

namespace omnibus::testing {

// As PrivateBroker, with several nodes. Stopped by the destructor, and also when this process is
// gone.
//
// Thread-safety: one thread.
class PrivateCluster {
 public:
  // Starts it: 10 to 30 s. Nullopt when it is not to be had, after it said why on standard error.
  static std::optional<PrivateCluster> Start(PrivateBroker::Kind kind, int nodes = 3);

  PrivateCluster(PrivateCluster&& other) noexcept;
  PrivateCluster& operator=(PrivateCluster&& other) = delete;
  ~PrivateCluster();

  // Names all nodes: for `transports.kafka.brokers`, or `transports.rabbitmq.url`.
  const std::string& address() const { return address_; }
  int nodes() const { return nodes_; }

  // As PrivateBroker's, for one node, from 0.
  bool Stop(int node) { return Run(node, "stop"); }
  bool Kill(int node) { return Run(node, "kill"); }
  bool Restart(int node);
  bool Freeze(int node) { return Run(node, "freeze"); }
  bool Thaw(int node) { return Run(node, "thaw"); }

 private:
  PrivateCluster(PrivateBroker::Kind kind, int nodes, std::string directory)
      : kind_(kind), nodes_(nodes), directory_(std::move(directory)) {}
  bool Run(int node, const std::string& command) const;

  PrivateBroker::Kind kind_;
  int nodes_;
  std::string directory_;  // empty once moved from
  std::string address_;
};

}  // namespace omnibus::testing
