// One client instance of librdkafka: its configuration, its callbacks, and the owners of its
// handles.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/transports/kafka.h"

namespace omnibus::kafka {

// What a client instance tells. Called with its queues being served, so on whichever thread does
// that, except OnLog(), OnJoin() and OnHeartbeat(): these come from any thread of librdkafka's, and
// must not call librdkafka.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void OnLog(int syslog_level, std::string_view facility, std::string_view text) = 0;
  virtual void OnError(rd_kafka_resp_err_t error, std::string_view reason) = 0;
  virtual void OnStatistics(std::string_view json) = 0;
  virtual void OnRebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions);
  // A consumer's: it asks to join its group (again); the group has answered a heartbeat.
  virtual void OnJoin();
  virtual void OnHeartbeat();
};

struct ClientDeleter {
  // Our consumers leave their group before, within a bound; destroying must not wait for it again.
  void operator()(rd_kafka_t* client) const {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};
struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct PartitionsDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
struct ErrorDeleter {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
struct HeadersDeleter {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using ClientPtr = std::unique_ptr<rd_kafka_t, ClientDeleter>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, EventDeleter>;
using PartitionsPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionsDeleter>;
using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, ErrorDeleter>;
using HeadersPtr = std::unique_ptr<rd_kafka_headers_t, HeadersDeleter>;

using Properties = std::map<std::string, std::string>;

// What each side is configured with: our defaults, over them what the options pass through, over
// that what the guarantees rest on.
Properties ProducerProperties(const KafkaOptions& options);
Properties ConsumerProperties(const KafkaOptions& options);

// Whether `name` may be passed through, and librdkafka takes `value` for it. The error never shows
// a secret value.
absl::Status CheckClientProperty(const std::string& name, const std::string& value);

// `events` outlives the client. `topic_opaque` is what rd_kafka_topic_opaque() returns for every
// topic of it.
absl::StatusOr<ClientPtr> NewClient(rd_kafka_type_t type, const Properties& properties,
                                    ClientEvents& events, void* topic_opaque = nullptr);

}  // namespace omnibus::kafka
