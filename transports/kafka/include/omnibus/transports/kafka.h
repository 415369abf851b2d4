// Kafka as a transport, on librdkafka. transports/kafka/README.md says what it guarantees.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/configuration.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace spdlog {
class logger;
}

namespace omnibus {

struct KafkaOptions {
  // host:port, several with commas between them.
  std::string brokers = "localhost:9092";

  // librdkafka's own properties, under its own names, each given to the side (producer, consumer)
  // that knows it. Those that the guarantees rest on (acks, group.id, enable.auto.commit ...) are
  // refused.
  std::map<std::string, std::string> client;

  // Of a topic that is declared without saying so itself.
  int partitions = 4;
  int replication = 0;  // 0: the broker's default

  // Messages that wait for their outcome, over all topics. A full queue is kResourceExhausted. Few
  // enough to stay in the processor's caches, and enough for a broker that confirms within 5 ms to
  // take 400,000 a second: raise it where the way is longer.
  int queue_messages = 2000;
  // How long a message waits for company in its batch. Short: under load batches fill by themselves
  // while earlier ones are on their way, and a lone publish should not wait.
  absl::Duration linger = absl::Milliseconds(1);

  // What was settled is committed after so many messages or so much time: what a crash may repeat.
  int commit_every = 256;
  absl::Duration commit_after = absl::Milliseconds(200);
  // How long a revoked partition waits for Consumer::Release(). While it does, this member's other
  // partitions stand still too: librdkafka pauses all of them.
  absl::Duration release_within = absl::Seconds(30);
};

// Reads the settings of `transports.<name>`: brokers (text or list), client (a mapping),
// partitions, replication, producer {queue_messages, linger}, consumer {commit_every, commit_after,
// release_within}. kInvalidArgument with the place of each error; a password is never part of one.
absl::StatusOr<KafkaOptions> ReadKafkaOptions(const Setting& settings, std::string_view path);

// The client library and its version: "librdkafka 2.0.2".
std::string KafkaClient();

// Does not wait for a broker. kInvalidArgument for options that librdkafka refuses. `runtime`
// outlives the transport; the transport is destroyed after all that it opened, and after all
// messages that its consumers handed out.
absl::StatusOr<std::unique_ptr<Transport>> MakeKafkaTransport(KafkaOptions options,
                                                              Runtime& runtime,
                                                              std::shared_ptr<spdlog::logger> log);

}  // namespace omnibus
