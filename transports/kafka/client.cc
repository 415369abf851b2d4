#include "transports/kafka/client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

using Conf = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

// Properties that only one side knows: librdkafka takes them on the other one too, and warns. One
// that is not here is given to both.
constexpr auto kProducerOnly = std::to_array<std::string_view>({
    "acks",
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.level",
    "compression.type",
    "delivery.report.only.error",
    "delivery.timeout.ms",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "linger.ms",
    "message.send.max.retries",
    "message.timeout.ms",
    "msg_order_cmp",
    "partitioner",
    "produce.offset.report",
    "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "queuing.strategy",
    "request.required.acks",
    "request.timeout.ms",
    "retries",
    "retry.backoff.ms",
    "sticky.partitioning.linger.ms",
    "transaction.timeout.ms",
    "transactional.id",
});
constexpr auto kConsumerOnly = std::to_array<std::string_view>({
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "auto.offset.reset",
    "check.crcs",
    "consume.callback.max.messages",
    "coordinator.query.interval.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.protocol.type",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "isolation.level",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "offset.store.method",
    "offset.store.path",
    "offset.store.sync.interval.ms",
    "partition.assignment.strategy",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "session.timeout.ms",
});

struct Reserved {
  std::string_view name;
  std::string_view instead;
};

// What the guarantees rest on.
constexpr auto kReserved = std::to_array<Reserved>({
    {"acks", "always all: a confirmed message is on every replica that is in sync"},
    {"auto.commit.enable", "what was settled is committed, see consumer.commit_after"},
    {"auto.commit.interval.ms", "use consumer.commit_after"},
    {"auto.offset.reset", "use start_from of the module"},
    {"bootstrap.servers", "use brokers"},
    {"delivery.report.only.error", "every message has its outcome"},
    {"enable.auto.commit", "what was settled is committed, see consumer.commit_after"},
    {"enable.auto.offset.store", "only what was settled is committed"},
    {"enable.idempotence", "always true"},
    {"enable.partition.eof", "set where side queues are read to their ends"},
    {"group.id", "the group is <domain>.<module>"},
    {"metadata.broker.list", "use brokers"},
    {"offset.store.method", "positions are kept by the broker"},
    {"request.required.acks",
     "always all: a confirmed message is on every replica that is in sync"},
    {"statistics.interval.ms", "health rests on it"},
    {"transactional.id", "transactions are not used"},
    {"log.queue", "logs go to the bus's logger"},
    {"log_level", "set the level of the logger"},
});

bool Contains(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsSecret(std::string_view name) {
  // ssl.key.location and the like are paths, but whoever mistypes one may have put the key itself
  // there.
  return name.find("password") != std::string_view::npos ||
         name.find("secret") != std::string_view::npos ||
         name.find(".pem") != std::string_view::npos ||
         name.find("ssl.key") != std::string_view::npos ||
         name.find("oauthbearer") != std::string_view::npos ||
         name.find("token") != std::string_view::npos;
}

absl::Status SetProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size())) {
    case RD_KAFKA_CONF_OK:
      return absl::OkStatus();
    case RD_KAFKA_CONF_UNKNOWN:
      return absl::InvalidArgumentError(
          absl::StrCat("librdkafka ", rd_kafka_version_str(), " has no property \"", name, "\""));
    default:
      // librdkafka's text repeats the value.
      return absl::InvalidArgumentError(
          IsSecret(name) ? absl::StrCat("librdkafka refuses the value of \"", name, "\"")
                         : absl::StrCat("librdkafka: ", reason.data()));
  }
}

void OverlayClient(const KafkaOptions& options, const auto& of_the_other_side,
                   Properties& properties) {
  for (const auto& [name, value] : options.client) {
    if (!Contains(of_the_other_side, name)) properties[name] = value;
  }
}

Properties CommonProperties(const KafkaOptions& options) {
  return {
      {"bootstrap.servers", options.brokers},
      {"client.id", "omnibus"},
      {"log.connection.close", "false"},  // a broker closes idle connections: no news
      {"reconnect.backoff.ms", "100"},    // doubled up to the maximum, with jitter, for ever
      {"reconnect.backoff.max.ms", "3000"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"socket.timeout.ms", "10000"},
      {"statistics.interval.ms", "500"},
      // A little traffic on an idle connection, and new partitions are seen soon.
      {"topic.metadata.refresh.interval.ms", "10000"},
      // A missing topic is an error, also where the broker would make it up.
      {"allow.auto.create.topics", "false"},
  };
}

ClientEvents& EventsOf(void* opaque) { return *static_cast<ClientEvents*>(opaque); }

void LogCallback(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  if (client == nullptr) return;
  if (void* opaque = rd_kafka_opaque(client)) EventsOf(opaque).OnLog(level, facility, text);
}

void ErrorCallback(rd_kafka_t*, int error, const char* reason, void* opaque) {
  EventsOf(opaque).OnError(static_cast<rd_kafka_resp_err_t>(error), reason);
}

int StatisticsCallback(rd_kafka_t*, char* json, size_t size, void* opaque) {
  EventsOf(opaque).OnStatistics(std::string_view(json, size));
  return 0;
}

void RebalanceCallback(rd_kafka_t*, rd_kafka_resp_err_t kind,
                       rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  EventsOf(opaque).OnRebalance(kind, partitions);
}

// librdkafka says nowhere that it waits for its group. Its requests tell.
constexpr std::int16_t kJoinGroup = 11, kHeartbeat = 12;  // of Kafka's protocol

rd_kafka_resp_err_t RequestSent(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t request,
                                std::int16_t, std::int32_t, std::size_t, void* events) {
  if (request == kJoinGroup) EventsOf(events).OnJoin();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t ResponseReceived(rd_kafka_t*, int, const char*, std::int32_t,
                                     std::int16_t request, std::int16_t, std::int32_t, std::size_t,
                                     std::int64_t, rd_kafka_resp_err_t, void* events) {
  if (request == kHeartbeat) EventsOf(events).OnHeartbeat();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t WatchRequests(rd_kafka_t* client, const rd_kafka_conf_t*, void* events, char*,
                                  std::size_t) {
  const rd_kafka_resp_err_t error =
      rd_kafka_interceptor_add_on_request_sent(client, "omnibus", &RequestSent, events);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  return rd_kafka_interceptor_add_on_response_received(client, "omnibus", &ResponseReceived,
                                                       events);
}

}  // namespace

void ClientEvents::OnRebalance(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*) {}
void ClientEvents::OnJoin() {}
void ClientEvents::OnHeartbeat() {}

Properties ProducerProperties(const KafkaOptions& options) {
  Properties properties = CommonProperties(options);
  // A question once a second: a connection that is idle is noticed when it is dead. (A consumer's
  // fetches do that.)
  properties["topic.metadata.refresh.interval.ms"] = "1000";
  // As a Java producer's: one key is on one partition, whoever publishes it.
  properties["partitioner"] = "murmur2_random";
  // A missing topic is reported soon; topics are declared, and waited for, before.
  properties["topic.metadata.propagation.max.ms"] = "1000";
  // Long: where it ends, the next message of the key overtakes. A caller's own deadline is kept by
  // us.
  properties["message.timeout.ms"] = "300000";
  properties["request.timeout.ms"] = "10000";
  properties["queue.buffering.max.kbytes"] = "262144";
  properties["queue.buffering.max.messages"] = absl::StrCat(options.queue_messages);
  properties["linger.ms"] = absl::StrCat(absl::ToDoubleMilliseconds(options.linger));
  OverlayClient(options, kConsumerOnly, properties);
  properties["enable.idempotence"] = "true";
  properties["acks"] = "all";
  return properties;
}

Properties ConsumerProperties(const KafkaOptions& options) {
  Properties properties = CommonProperties(options);
  properties["partition.assignment.strategy"] = "cooperative-sticky";
  // A dead member's work is somebody else's within 10 s; 6 s is the least that brokers take by
  // default.
  properties["session.timeout.ms"] = "6000";
  properties["heartbeat.interval.ms"] = "1500";
  properties["fetch.error.backoff.ms"] = "100";
  // What is fetched ahead and bounds the memory. librdkafka 2.0 looks again only after up to a
  // second once the queue was too long, so the number of messages must last for longer than that.
  properties["queued.min.messages"] = "100000";
  properties["queued.max.messages.kbytes"] = "65536";
  OverlayClient(options, kProducerOnly, properties);
  properties["enable.auto.commit"] = "false";
  properties["enable.auto.offset.store"] = "false";
  properties["enable.partition.eof"] = "false";
  return properties;
}

absl::Status CheckClientProperty(const std::string& name, const std::string& value) {
  for (const Reserved& reserved : kReserved) {
    if (reserved.name != name) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" cannot be passed through: ", AbslView(reserved.instead)));
  }
  if (name.ends_with("_cb") || name == "opaque" || name == "interceptors" ||
      name == "default_topic_conf") {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" cannot be set by text"));
  }
  const Conf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  return SetProperty(conf.get(), name, value);
}

absl::StatusOr<ClientPtr> NewClient(rd_kafka_type_t type, const Properties& properties,
                                    ClientEvents& events, void* topic_opaque) {
  Conf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  for (const auto& [name, value] : properties) {
    if (absl::Status status = SetProperty(conf.get(), name, value); !status.ok()) return status;
  }
  rd_kafka_conf_set_opaque(conf.get(), &events);
  rd_kafka_conf_set_log_cb(conf.get(), &LogCallback);
  rd_kafka_conf_set_error_cb(conf.get(), &ErrorCallback);
  rd_kafka_conf_set_stats_cb(conf.get(), &StatisticsCallback);
  if (type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_events(conf.get(),
                             RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  } else {
    rd_kafka_conf_set_rebalance_cb(conf.get(), &RebalanceCallback);
    rd_kafka_conf_interceptor_add_on_new(conf.get(), "omnibus", &WatchRequests, &events);
  }
  if (topic_opaque != nullptr) {
    // The properties above may have made the default topic configuration already.
    rd_kafka_topic_conf_t* topics = rd_kafka_conf_get_default_topic_conf(conf.get());
    if (topics == nullptr) {
      topics = rd_kafka_topic_conf_new();
      rd_kafka_topic_conf_set_opaque(topics, topic_opaque);
      rd_kafka_conf_set_default_topic_conf(conf.get(), topics);
    } else {
      rd_kafka_topic_conf_set_opaque(topics, topic_opaque);
    }
  }
  std::array<char, 512> reason{};
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), reason.data(), reason.size());
  if (client == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("kafka: librdkafka refuses its options: ", reason.data()));
  }
  (void)conf.release();  // the client owns it now
  return ClientPtr(client);
}

}  // namespace omnibus::kafka
