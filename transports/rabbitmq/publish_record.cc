#include "transports/rabbitmq/publish_record.h"

#include <amqp.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/frame_writer.h"
#include "transports/rabbitmq/properties.h"

namespace omnibus::rabbitmq {
namespace {

// The properties have to fit into one frame. A broker that agreed on smaller frames is met when the
// message is written.
constexpr std::size_t kMaxPropertiesBytes = AMQP_DEFAULT_FRAME_SIZE - 8;

void AppendInteger(std::string& to, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    to.push_back(static_cast<char>(value >> shift));
}

// Two that are alike by chance cost an error where there need be none, and only after a nack.
std::uint64_t OrderOf(std::string_view destination, std::string_view key) {
  const std::hash<std::string_view> hash;
  return (hash(destination) * 0x9E3779B97F4A7C15u + hash(key)) | 1u;
}

}  // namespace

absl::Status PublishRecord::Fill(const OutgoingMessage& message, std::size_t max_body_bytes) {
  if (absl::Status status = CheckProperties(message); !status.ok()) return status;
  const std::string action = absl::StrCat("publish to ", AbslView(message.channel));
  if (message.body.size() > max_body_bytes) {
    return Error(absl::StatusCode::kInvalidArgument, action,
                 absl::StrCat("the body has ", message.body.size(), " bytes; max_body_bytes is ",
                              max_body_bytes));
  }
  const bool to_queue = message.destination == Destination::kQueue;
  const std::string_view exchange = to_queue ? std::string_view() : message.channel;
  const std::string_view routing_key = to_queue ? message.channel : message.type;

  amqp_basic_publish_t publish{};
  publish.exchange = ToBytes(exchange);
  publish.routing_key = ToBytes(routing_key);
  publish.mandatory = message.mandatory;
  char method[4 + 2 + 256 + 256 + 1];
  const int method_size =
      amqp_encode_method(AMQP_BASIC_PUBLISH_METHOD, &publish, {sizeof method, method});
  if (method_size < 0) {
    return Error(absl::StatusCode::kInvalidArgument, action, amqp_error_string2(method_size));
  }

  wire_.clear();
  AppendInteger(wire_, AMQP_BASIC_PUBLISH_METHOD, 4);
  wire_.append(method, static_cast<std::size_t>(method_size));
  method_size_ = wire_.size();
  AppendInteger(wire_, AMQP_BASIC_CLASS, 2);
  AppendInteger(wire_, 0, 2);  // weight: unused
  AppendInteger(wire_, message.body.size(), 8);
  if (absl::Status status = AppendProperties(message, wire_); !status.ok()) return status;
  properties_size_ = wire_.size() - method_size_;
  if (properties_size_ > kMaxPropertiesBytes) {
    return Error(absl::StatusCode::kInvalidArgument, action,
                 absl::StrCat("headers and key need ", properties_size_,
                              " bytes; AMQP carries no more than ", kMaxPropertiesBytes));
  }
  wire_.append(message.body);

  names_.assign(exchange).append(routing_key).append(message.id);
  exchange_size_ = exchange.size();
  routing_key_size_ = routing_key.size();
  order = message.key.empty() ? 0 : OrderOf(destination(), message.key);
  written = nacked = false;
  return absl::OkStatus();
}

}  // namespace omnibus::rabbitmq
