#include "transports/rabbitmq/errors.h"

#include <amqp.h>

#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::rabbitmq {
namespace {

absl::StatusCode CodeOf(std::uint16_t reply_code) {
  // Above all this decides whether a retry can help. What is not listed is not retried blindly.
  switch (reply_code) {
    case AMQP_NO_ROUTE:
    case AMQP_NO_CONSUMERS:
    case AMQP_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case AMQP_CONTENT_TOO_LARGE:
      return absl::StatusCode::kInvalidArgument;
    case AMQP_ACCESS_REFUSED:
    case AMQP_INVALID_PATH:
    case AMQP_NOT_ALLOWED:
      return absl::StatusCode::kPermissionDenied;
    case AMQP_CONNECTION_FORCED:  // an operator, or the broker is going down
    case AMQP_RESOURCE_ERROR:
    case AMQP_INTERNAL_ERROR:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kFailedPrecondition;
  }
}

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view action, std::string_view what) {
  return absl::Status(code, absl::StrCat("rabbitmq: ", AbslView(action), ": ", AbslView(what)));
}

absl::Status ReplyError(std::string_view action, std::uint16_t code, std::string_view text) {
  return Error(CodeOf(code), action, absl::StrCat(code, " ", AbslView(text)));
}

absl::Status LoginError(LoginPhase phase, std::string_view action, std::uint16_t code,
                        std::string_view text) {
  if (phase == LoginPhase::kCredentials && code == AMQP_ACCESS_REFUSED) {
    return Error(absl::StatusCode::kUnauthenticated, action,
                 "the broker refused the login; check user and password");
  }
  if (phase == LoginPhase::kVirtualHost && (code == AMQP_NOT_ALLOWED || code == AMQP_NOT_FOUND)) {
    return Error(absl::StatusCode::kPermissionDenied, action,
                 absl::StrCat("the virtual host does not exist, or the user may not use it: ",
                              AbslView(text)));
  }
  return ReplyError(action, code, text);
}

absl::Status SocketError(std::string_view action, int error) {
  return Error(absl::StatusCode::kUnavailable, action, std::generic_category().message(error));
}

absl::Status CodecError(std::string_view action, int status) {
  return Error(absl::StatusCode::kUnavailable, action,
               absl::StrCat("what the broker sent cannot be read: ", amqp_error_string2(status)));
}

}  // namespace omnibus::rabbitmq
