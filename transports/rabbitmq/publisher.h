// The Producer.
#pragma once

#include <memory>

#include "omnibus/transport.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/topology.h"

namespace spdlog {
class logger;
}

namespace omnibus::rabbitmq {

// `settings` and `topology` outlive it.
std::unique_ptr<Producer> MakePublisher(const ConnectionSettings& settings,
                                        const DeclaredTopology& topology,
                                        std::shared_ptr<spdlog::logger> logger);

}  // namespace omnibus::rabbitmq
