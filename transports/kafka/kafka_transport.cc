#include <spdlog/logger.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/queue_tools.h"
#include "omnibus/transports/kafka.h"
#include "transports/kafka/client.h"
#include "transports/kafka/consumer.h"
#include "transports/kafka/measure_topic.h"
#include "transports/kafka/producer.h"
#include "transports/kafka/topic_keeper.h"
#include "transports/kafka/topology.h"

namespace omnibus {
namespace {

// What librdkafka takes by default, for a message with its key, its headers and some overhead.
constexpr std::size_t kMessageMaxBytes = 1'000'000;
// What of that is kept for key and headers.
constexpr std::size_t kReserve = 16'384;

std::size_t MaxBodyBytes(const KafkaOptions& options) {
  std::size_t message = kMessageMaxBytes;
  for (const char* name : {"message.max.bytes", "max.message.bytes"}) {
    const auto found = options.client.find(name);
    std::size_t value = 0;
    if (found != options.client.end() && absl::SimpleAtoi(found->second, &value)) message = value;
  }
  return message - std::min(kReserve, message / 2);
}

// Listens to nothing: what is asked of librdkafka is just whether it takes the options together.
class NoEvents final : public kafka::ClientEvents {
 public:
  void OnLog(int, std::string_view, std::string_view) override {}
  void OnError(rd_kafka_resp_err_t, std::string_view) override {}
  void OnStatistics(std::string_view) override {}
};

absl::Status CheckOptions(const KafkaOptions& options) {
  if (options.brokers.empty())
    return absl::InvalidArgumentError("kafka: brokers: must name at least one host:port");
  for (const auto& [name, value] : options.client) {
    if (absl::Status status = kafka::CheckClientProperty(name, value); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("kafka: client: ", status.message()));
    }
  }
  // Without brokers it connects nowhere.
  NoEvents events;
  kafka::Properties sending = kafka::ProducerProperties(options);
  sending.erase("bootstrap.servers");
  if (absl::Status status = kafka::NewClient(RD_KAFKA_PRODUCER, sending, events).status();
      !status.ok())
    return status;
  kafka::Properties receiving = kafka::ConsumerProperties(options);
  receiving.erase("bootstrap.servers");
  receiving["group.id"] = "omnibus-check";
  return kafka::NewClient(RD_KAFKA_CONSUMER, receiving, events).status();
}

class KafkaTransport final : public Transport, public QueueGauge {
 public:
  KafkaTransport(KafkaOptions options, Runtime& runtime, std::shared_ptr<spdlog::logger> log)
      : options_(std::move(options)),
        max_body_bytes_(MaxBodyBytes(options_)),
        runtime_(runtime),
        log_(std::move(log)),
        keeper_(options_, runtime_, log_) {}

  ~KafkaTransport() override {
    absl::MutexLock lock(&mu_);
    for (const std::shared_ptr<kafka::Remains>& opened : opened_) opened->Join();
  }

  Capabilities GetCapabilities() const override {
    return {.properties = false,
            .ordered_by_key = true,
            .replay = true,
            .side_queues = true,
            .max_body_bytes = max_body_bytes_};
  }

  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    // Kept even when it fails now: what is missing is made once the broker is there.
    if (mode == DeclareMode::kDeclare) keeper_.Keep(topology);
    return kafka::DeclareTopics(options_, topology, mode, deadline, runtime_, log_);
  }

  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time deadline) override {
    return kafka::MeasureTopic(options_, std::string(queue), deadline, runtime_, log_);
  }

  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    absl::StatusOr<kafka::OpenedProducer> opened =
        kafka::OpenProducer(options_, max_body_bytes_, runtime_, log_, Missing());
    if (!opened.ok()) return opened.status();
    Keep(std::move(opened->remains));
    return std::move(opened->producer);
  }

  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& consumer) override {
    absl::StatusOr<kafka::OpenedConsumer> opened =
        kafka::OpenConsumer(options_, consumer, runtime_, log_, Missing());
    if (!opened.ok()) return opened.status();
    Keep(std::move(opened->remains));
    return std::move(opened->consumer);
  }

 private:
  kafka::TopicMissing Missing() {
    return [this](const std::string& topic) { keeper_.Missing(topic); };
  }

  // Threads outlive what they serve by a little, and are joined here: those of long ago now, the
  // rest in the end.
  void Keep(std::shared_ptr<kafka::Remains> opened) {
    absl::MutexLock lock(&mu_);
    std::erase_if(opened_, [](const std::shared_ptr<kafka::Remains>& old) {
      if (!old->finished()) return false;
      old->Join();
      return true;
    });
    opened_.push_back(std::move(opened));
  }

  const KafkaOptions options_;
  const std::size_t max_body_bytes_;
  Runtime& runtime_;
  const std::shared_ptr<spdlog::logger> log_;
  kafka::TopicKeeper keeper_;

  absl::Mutex mu_;
  std::vector<std::shared_ptr<kafka::Remains>> opened_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::string KafkaClient() { return absl::StrCat("librdkafka ", rd_kafka_version_str()); }

absl::StatusOr<std::unique_ptr<Transport>> MakeKafkaTransport(KafkaOptions options,
                                                              Runtime& runtime,
                                                              std::shared_ptr<spdlog::logger> log) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  return std::make_unique<KafkaTransport>(std::move(options), runtime, std::move(log));
}

}  // namespace omnibus
