#include "transports/rabbitmq/login.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::string_view kAction = "log in";
constexpr std::uint32_t kFrameMax = AMQP_DEFAULT_FRAME_SIZE;

amqp_table_entry_t Text(const char* key, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = ToBytes(value);
  return entry;
}

amqp_table_entry_t Yes(const char* key) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

int MajorVersion(const amqp_table_t& properties) {
  for (int i = 0; i < properties.num_entries; ++i) {
    const amqp_table_entry_t& entry = properties.entries[i];
    if (ToView(entry.key) != "version" || entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    const std::string_view version = ToView(entry.value.value.bytes);
    int major = 0;
    if (absl::SimpleAtoi(AbslView(version.substr(0, version.find('.'))), &major)) return major;
  }
  return 0;
}

}  // namespace

absl::Status Login::OnMethod(const amqp_method_t& method, FrameWriter& out) {
  switch (method.id) {
    case AMQP_CONNECTION_START_METHOD:
      return OnStart(*static_cast<const amqp_connection_start_t*>(method.decoded), out);
    case AMQP_CONNECTION_TUNE_METHOD:
      return OnTune(*static_cast<const amqp_connection_tune_t*>(method.decoded), out);
    case AMQP_CONNECTION_OPEN_OK_METHOD:
      done_ = true;
      return absl::OkStatus();
    default:
      return Error(absl::StatusCode::kFailedPrecondition, kAction,
                   absl::StrCat("unexpected answer ", amqp_method_name(method.id)));
  }
}

absl::Status Login::OnStart(const amqp_connection_start_t& start, FrameWriter& out) {
  const std::vector<absl::string_view> mechanisms =
      absl::StrSplit(AbslView(ToView(start.mechanisms)), ' ');
  if (std::find(mechanisms.begin(), mechanisms.end(), "PLAIN") == mechanisms.end()) {
    return Error(absl::StatusCode::kUnauthenticated, kAction,
                 "the broker does not take a user and password (SASL PLAIN)");
  }
  server_major_version_ = MajorVersion(start.server_properties);

  // Without these the broker tells neither that a consumer was cancelled nor that publishers are
  // blocked, and closes the socket without a word when it refuses the login.
  std::array<amqp_table_entry_t, 5> capabilities = {
      Yes("authentication_failure_close"), Yes("basic.nack"), Yes("connection.blocked"),
      Yes("consumer_cancel_notify"), Yes("publisher_confirms")};
  std::array<amqp_table_entry_t, 3> properties = {
      Text("product", "omnibus"), Text("connection_name", name_), Yes("capabilities")};
  properties[2].value.kind = AMQP_FIELD_KIND_TABLE;
  properties[2].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};

  const std::string response = absl::StrCat(absl::string_view("\0", 1), address_.user,
                                            absl::string_view("\0", 1), address_.password);
  amqp_connection_start_ok_t answer{};
  answer.client_properties = {static_cast<int>(properties.size()), properties.data()};
  answer.mechanism = amqp_cstring_bytes("PLAIN");
  answer.response = ToBytes(response);
  answer.locale = amqp_cstring_bytes("en_US");
  if (!out.Method(0, AMQP_CONNECTION_START_OK_METHOD, &answer)) {
    return Error(absl::StatusCode::kInvalidArgument, kAction, "user and password are too long");
  }
  return absl::OkStatus();
}

absl::Status Login::OnTune(const amqp_connection_tune_t& tune, FrameWriter& out) {
  // 0 is no limit. Below the protocol's least, buffers of rabbitmq-c would be too small for what it
  // puts into them.
  frame_max_ = tune.frame_max == 0 ? kFrameMax : std::min(tune.frame_max, kFrameMax);
  if (frame_max_ < AMQP_FRAME_MIN_SIZE) {
    return Error(absl::StatusCode::kFailedPrecondition, kAction,
                 absl::StrCat("the broker's frame_max of ", frame_max_,
                              " is below the protocol's least, ", AMQP_FRAME_MIN_SIZE));
  }
  channel_max_ = tune.channel_max == 0 ? AMQP_DEFAULT_MAX_CHANNELS
                                       : std::min<int>(tune.channel_max, AMQP_DEFAULT_MAX_CHANNELS);
  if (tune.heartbeat != 0) heartbeat_ = std::min(heartbeat_, absl::Seconds(tune.heartbeat));

  amqp_connection_tune_ok_t answer{};
  answer.channel_max = static_cast<std::uint16_t>(channel_max_);
  answer.frame_max = frame_max_;
  answer.heartbeat = static_cast<std::uint16_t>(absl::ToInt64Seconds(heartbeat_));
  out.set_frame_max(frame_max_);
  out.Method(0, AMQP_CONNECTION_TUNE_OK_METHOD, &answer);

  // A broker that takes the credentials answers with tune, so from here on a refusal is about the
  // virtual host.
  phase_ = LoginPhase::kVirtualHost;
  amqp_connection_open_t open{};
  open.virtual_host = ToBytes(address_.vhost);
  out.Method(0, AMQP_CONNECTION_OPEN_METHOD, &open);
  return absl::OkStatus();
}

}  // namespace omnibus::rabbitmq
