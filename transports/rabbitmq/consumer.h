// The Consumer.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "omnibus/transport.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/delivery.h"
#include "transports/rabbitmq/topology.h"

namespace spdlog {
class logger;
}

namespace omnibus::rabbitmq {

// All but the logger outlive it; `pool` outlives its messages, too.
absl::StatusOr<std::unique_ptr<Consumer>> MakeConsumer(const ConnectionSettings& settings,
                                                       const DeclaredTopology& topology,
                                                       std::shared_ptr<spdlog::logger> logger,
                                                       DeliveryPool& pool,
                                                       const ConsumerOptions& options);

}  // namespace omnibus::rabbitmq
