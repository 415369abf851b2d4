// The brokers of one run, and what may happen to them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace omnibus::soak {

struct StrikeKind;

enum class Transport { kKafka, kRabbitMq };
enum class Topology { kSingle, kCluster };

const char* NameOf(Transport transport);  // "kafka"
const char* NameOf(Topology topology);    // "one node"

// Thread-safety: one thread.
class Site {
 public:
  virtual ~Site() = default;

  // Starts it: up to a minute. kUnavailable: not to be had on this machine.
  static absl::StatusOr<std::unique_ptr<Site>> Start(Transport transport, Topology topology);

  // For the configuration: the brokers, or the url.
  virtual std::string address() const = 0;

  // The site outlives them.
  virtual std::vector<StrikeKind> Strikes() = 0;
};

// How many messages may come twice, to all groups together, when the broker or the way to it fails.
std::int64_t BrokerDuplicates(Transport transport);

}  // namespace omnibus::soak
