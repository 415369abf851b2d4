#include "transports/kafka/measure_topic.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/client.h"
#include "transports/kafka/errors.h"
#include "transports/kafka/link_monitor.h"

namespace omnibus::kafka {
namespace {

// How long one question may keep us from noticing a refused login.
constexpr absl::Duration kQuestion = absl::Milliseconds(500);
constexpr absl::Duration kPause = absl::Milliseconds(50);

class Measurement final : public ClientEvents {
 public:
  Measurement(const std::string& topic, absl::Time deadline, Runtime& runtime,
              std::shared_ptr<spdlog::logger> log)
      : topic_(topic), deadline_(deadline), runtime_(runtime), link_("measure", std::move(log)) {}

  absl::StatusOr<QueueExtent> Run(const KafkaOptions& options) {
    // A consumer's client: a producer's would have the broker make up the topic that it asks for.
    Properties properties = ConsumerProperties(options);
    properties["group.id"] = "omnibus-measure";  // wanted by librdkafka, never joined
    absl::StatusOr<ClientPtr> client = NewClient(RD_KAFKA_CONSUMER, properties, *this);
    if (!client.ok()) return client.status();
    client_ = *std::move(client);

    absl::StatusOr<int> count = CountPartitions();
    if (!count.ok()) return count.status();
    QueueExtent extent;
    for (std::int32_t partition = 0; partition < *count; ++partition) {
      std::int64_t begin = 0;
      std::int64_t end = 0;
      const absl::Status status = Ask([&](int timeout_ms) {
        return rd_kafka_query_watermark_offsets(client_.get(), topic_.c_str(), partition, &begin,
                                                &end, timeout_ms);
      });
      if (!status.ok()) return status;
      extent.partitions.push_back({partition, begin, end});
      extent.messages += end - begin;
    }
    return extent;
  }

  void OnLog(int level, std::string_view facility, std::string_view text) override {
    link_.OnLog(level, facility, text);
  }
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override {
    link_.OnError(error, reason);
  }
  void OnStatistics(std::string_view) override {}

 private:
  absl::StatusOr<int> CountPartitions() {
    const TopicPtr handle(rd_kafka_topic_new(client_.get(), topic_.c_str(), nullptr));
    if (!handle) {
      return absl::InvalidArgumentError(
          absl::StrCat("kafka: no topic can have the name \"", topic_, "\""));
    }
    int count = 0;
    const absl::Status status = Ask([&](int timeout_ms) {
      const rd_kafka_metadata_t* raw = nullptr;
      const rd_kafka_resp_err_t error =
          rd_kafka_metadata(client_.get(), 0, handle.get(), &raw, timeout_ms);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
      const MetadataPtr metadata(raw);
      if (metadata->topic_cnt != 1) return RD_KAFKA_RESP_ERR__BAD_MSG;
      count = metadata->topics[0].partition_cnt;
      return metadata->topics[0].err;
    });
    if (!status.ok()) return status;
    return count;
  }

  // Asks until there is an answer that is not about the connection, or the deadline has come.
  template <typename Question>
  absl::Status Ask(Question question) {
    while (true) {
      const absl::Duration left =
          std::clamp(deadline_ - runtime_.Now(), absl::Milliseconds(1), kQuestion);
      const rd_kafka_resp_err_t error = question(static_cast<int>(absl::ToInt64Milliseconds(left)));
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
      rd_kafka_poll(client_.get(), 0);  // errors of the login
      if (absl::Status login = link_.LoginError(); !login.ok()) return login;
      const absl::Status status =
          ToStatus(error, absl::StrCat("look at topic ", topic_), link_.Get().detail);
      const bool passing = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
      if (!passing) return status;
      // Nothing was asked of it but to tell.
      if (runtime_.Now() + kPause >= deadline_) return absl::UnavailableError(status.message());
      runtime_.SleepUntil(runtime_.Now() + kPause);
    }
  }

  const std::string topic_;
  const absl::Time deadline_;
  Runtime& runtime_;
  LinkMonitor link_;
  ClientPtr client_;
};

}  // namespace

absl::StatusOr<QueueExtent> MeasureTopic(const KafkaOptions& options, const std::string& topic,
                                         absl::Time deadline, Runtime& runtime,
                                         std::shared_ptr<spdlog::logger> log) {
  return Measurement(topic, deadline, runtime, std::move(log)).Run(options);
}

}  // namespace omnibus::kafka
