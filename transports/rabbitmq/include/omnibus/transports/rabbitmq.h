// The RabbitMQ transport (AMQP 0-9-1). transports/rabbitmq/README.md says what the broker
// guarantees, and how.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/configuration.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace spdlog {
class logger;
}

namespace omnibus {

struct RabbitMqOptions {
  // amqp://user:password@host:port/vhost; user, password and vhost percent-encoded. Without a
  // vhost: "/". The nodes of a cluster are several hosts with commas between them (host:port,
  // host:port): each connection begins with one of them by chance, and goes on to the next when
  // that cannot be had. Logs and errors show the url without the password.
  std::string url = "amqp://guest:guest@localhost:5672/";

  // Asked of the broker, which may insist on less. A connection on which nothing was heard for two
  // of them is given up, and made anew. Whole seconds, 1 s to 1 h.
  absl::Duration heartbeat = absl::Seconds(10);

  // One attempt, from looking up the name until the virtual host is open.
  absl::Duration connect_timeout = absl::Seconds(10);

  // The first attempt is made at once. The delay before each further one is doubled, up to the
  // maximum, and spread by a quarter to either side. So the maximum is most of what a broker that
  // comes back has to wait for its clients.
  absl::Duration reconnect_first_delay = absl::Milliseconds(100);
  absl::Duration reconnect_max_delay = absl::Seconds(2);

  // What is larger is refused by Send(). RabbitMQ itself takes 128 MiB, unless it was told
  // otherwise.
  std::size_t max_body_bytes = 16u << 20;

  struct Publisher {
    // Messages that may be on their way to the broker without its confirm. 1 to 65535.
    int in_flight = 1024;
    // Messages, and their bytes, that may have no outcome yet, those in flight included:
    // kResourceExhausted above. One message is always taken, however large.
    int queue = 16384;
    std::size_t queue_bytes = 64u << 20;
  };
  Publisher publisher;

  struct Consumer {
    // Unsettled messages that a consumer may hold, of each of its queues. 1 to 65535.
    int prefetch = 256;
  };
  Consumer consumer;
};

// Reads `url`, `heartbeat`, `connect_timeout`, `reconnect: {first_delay, max_delay}`,
// `max_body_bytes`, `publisher: {in_flight, queue, queue_bytes}` and `consumer: {prefetch}`; what
// is left out keeps its default. kInvalidArgument with the place of each error.
absl::StatusOr<RabbitMqOptions> ReadRabbitMqOptions(const Setting& setting, std::string_view path);

// The client library and its version: "rabbitmq-c 0.11.0".
std::string RabbitMqClient();

// Connects only when something is opened or declared. kInvalidArgument: an option is out of its
// range, or the url is none. `runtime` outlives the transport. Its destructor waits for a running
// look-up of the broker's name.
absl::StatusOr<std::unique_ptr<Transport>> MakeRabbitMqTransport(
    RabbitMqOptions options, Runtime& runtime, std::shared_ptr<spdlog::logger> logger);

}  // namespace omnibus
