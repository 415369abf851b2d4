// What goes wrong at the broker, the socket or in rabbitmq-c, as a status. The only place that
// knows AMQP's reply codes.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace omnibus::rabbitmq {

// "rabbitmq: <action>: <what>".
absl::Status Error(absl::StatusCode code, std::string_view action, std::string_view what);

// A channel.close or connection.close, or a basic.return.
absl::Status ReplyError(std::string_view action, std::uint16_t code, std::string_view text);

// A connection.close that answers the login: what the code means depends on how far it had come.
enum class LoginPhase { kCredentials, kVirtualHost };
absl::Status LoginError(LoginPhase phase, std::string_view action, std::uint16_t code,
                        std::string_view text);

// An errno of the socket: kUnavailable.
absl::Status SocketError(std::string_view action, int error);

// A negative status of rabbitmq-c's codec: what the broker sent is no AMQP.
absl::Status CodecError(std::string_view action, int status);

}  // namespace omnibus::rabbitmq
