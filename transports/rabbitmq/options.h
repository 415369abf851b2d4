// Checks what ReadRabbitMqOptions() or an application filled in.
#pragma once

#include "absl/status/status.h"
#include "omnibus/transports/rabbitmq.h"

namespace omnibus::rabbitmq {

// kInvalidArgument names the option by its key.
absl::Status CheckOptions(const RabbitMqOptions& options);

}  // namespace omnibus::rabbitmq
