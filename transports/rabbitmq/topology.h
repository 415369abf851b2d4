// What is declared at the broker, step by step, and what was declared before.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/transport.h"

namespace omnibus::rabbitmq {

// `<channel>.<module>`.
std::string QueueName(std::string_view channel, std::string_view module);

struct DeclareStep {
  enum class Kind { kExchange, kQueue, kBinding };

  Kind kind = Kind::kExchange;
  std::string name;      // the exchange's, or the queue's
  std::string exchange;  // of a binding
  std::string type;      // of a binding: its routing key

  friend bool operator==(const DeclareStep&, const DeclareStep&) = default;
};

// Exchanges first, then queues, then bindings. kInvalidArgument: a name that AMQP cannot have.
absl::Status MakeSteps(const Topology& topology, std::vector<DeclareStep>& steps);

// What was declared by this transport, to be declared again on a new connection.
//
// Thread-safety: any thread, concurrently.
class DeclaredTopology {
 public:
  void Add(std::span<const DeclareStep> steps);
  std::vector<DeclareStep> All() const;
  // What `channels` (exchanges) and `queues` need.
  std::vector<DeclareStep> For(std::span<const std::string> channels,
                               std::span<const std::string> queues) const;

 private:
  mutable absl::Mutex mu_;
  std::vector<DeclareStep> steps_ ABSL_GUARDED_BY(mu_);  // by kind, each once
};

}  // namespace omnibus::rabbitmq
