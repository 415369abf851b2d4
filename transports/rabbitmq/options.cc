#include "transports/rabbitmq/options.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/address.h"

namespace omnibus {
namespace rabbitmq {
namespace {

absl::Status Wrong(std::string_view key, std::string_view must) {
  return absl::InvalidArgumentError(
      absl::StrCat("rabbitmq: ", AbslView(key), ": must be ", AbslView(must)));
}

}  // namespace

absl::Status CheckOptions(const RabbitMqOptions& options) {
  if (absl::Status status = ParseUrl(options.url).status(); !status.ok()) return status;
  if (options.heartbeat < absl::Seconds(1) || options.heartbeat > absl::Hours(1) ||
      options.heartbeat % absl::Seconds(1) != absl::ZeroDuration()) {
    return Wrong("heartbeat", "whole seconds from 1s to 1h");
  }
  if (options.connect_timeout < absl::Milliseconds(1))
    return Wrong("connect_timeout", "1ms or more");
  if (options.reconnect_first_delay < absl::Milliseconds(1)) {
    return Wrong("reconnect.first_delay", "1ms or more");
  }
  if (options.reconnect_max_delay < options.reconnect_first_delay) {
    return Wrong("reconnect.max_delay", "reconnect.first_delay or more");
  }
  if (options.max_body_bytes < 1 || options.max_body_bytes > (512u << 20)) {
    return Wrong("max_body_bytes", "from 1 to 536870912");
  }
  if (options.publisher.in_flight < 1 || options.publisher.in_flight > 65535) {
    return Wrong("publisher.in_flight", "from 1 to 65535");
  }
  if (options.publisher.queue < 1) return Wrong("publisher.queue", "1 or more");
  if (options.publisher.queue_bytes < 1) return Wrong("publisher.queue_bytes", "1 or more");
  if (options.consumer.prefetch < 1 || options.consumer.prefetch > 65535) {
    return Wrong("consumer.prefetch", "from 1 to 65535");
  }
  return absl::OkStatus();
}

}  // namespace rabbitmq

absl::StatusOr<RabbitMqOptions> ReadRabbitMqOptions(const Setting& setting, std::string_view path) {
  RabbitMqOptions options;
  SettingsReader reader(setting, std::string(path));
  reader.Read("url", options.url);
  reader.Read("heartbeat", options.heartbeat);
  reader.Read("connect_timeout", options.connect_timeout);
  reader.Read("max_body_bytes", options.max_body_bytes);

  SettingsReader reconnect(reader.Take("reconnect"), reader.Path("reconnect"));
  reconnect.Read("first_delay", options.reconnect_first_delay);
  reconnect.Read("max_delay", options.reconnect_max_delay);
  reader.Add(reconnect.Finish());

  SettingsReader publisher(reader.Take("publisher"), reader.Path("publisher"));
  publisher.Read("in_flight", options.publisher.in_flight);
  publisher.Read("queue", options.publisher.queue);
  publisher.Read("queue_bytes", options.publisher.queue_bytes);
  reader.Add(publisher.Finish());

  SettingsReader consumer(reader.Take("consumer"), reader.Path("consumer"));
  consumer.Read("prefetch", options.consumer.prefetch);
  reader.Add(consumer.Finish());

  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  if (absl::Status status = rabbitmq::CheckOptions(options); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(setting.Where(), ": ", AbslView(path), ": ", status.message()));
  }
  return options;
}

}  // namespace omnibus
