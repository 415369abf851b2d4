#include "transports/kafka/topology.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/client.h"
#include "transports/kafka/errors.h"
#include "transports/kafka/link_monitor.h"

namespace omnibus::kafka {
namespace {

// How long one question may keep us from noticing a refused login.
constexpr absl::Duration kQuestion = absl::Milliseconds(500);
constexpr absl::Duration kPause = absl::Milliseconds(50);

struct TopicShape {
  int partitions;
  int replication;
  std::string channel = {};  // of a side queue: it has as many partitions as this topic
};
using Topics = std::map<std::string, TopicShape>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, decltype(&rd_kafka_AdminOptions_destroy)>;

Topics Wanted(const KafkaOptions& options, const Topology& topology) {
  const auto or_default = [](int value, int otherwise) { return value > 0 ? value : otherwise; };
  Topics wanted;
  for (const ChannelSpec& channel : topology.channels) {
    wanted[channel.name] = {or_default(channel.partitions, options.partitions),
                            or_default(channel.replication, options.replication)};
  }
  for (const GroupSpec& group : topology.groups) {
    wanted.try_emplace(group.channel, TopicShape{options.partitions, options.replication});
    // Dead letters are few.
    wanted.try_emplace(absl::StrCat(group.channel, ".", group.module, ".dead"),
                       TopicShape{1, options.replication});
    const TopicShape channel = wanted.at(group.channel);
    for (const std::string& queue : group.queues) {
      wanted.try_emplace(queue, TopicShape{channel.partitions, channel.replication, group.channel});
    }
  }
  return wanted;
}

// One client that lives as long as the declaration.
class Declaration final : public ClientEvents {
 public:
  Declaration(absl::Time deadline, Runtime& runtime, std::shared_ptr<spdlog::logger> log)
      : deadline_(deadline), runtime_(runtime), log_(std::move(log)), link_("declare", log_) {}

  absl::Status Connect(const KafkaOptions& options) {
    // A consumer's client: a producer's would have the broker make up the topics that it asks for.
    Properties properties = ConsumerProperties(options);
    properties["group.id"] = "omnibus-declare";  // wanted by librdkafka, never joined
    absl::StatusOr<ClientPtr> client = NewClient(RD_KAFKA_CONSUMER, properties, *this);
    if (!client.ok()) return client.status();
    client_ = std::move(*client);
    queue_.reset(rd_kafka_queue_new(client_.get()));
    return absl::OkStatus();
  }

  // The names among `wanted` that are not there, or that have no leader yet.
  absl::StatusOr<std::vector<std::string>> Missing(const Topics& wanted) {
    while (true) {
      const rd_kafka_metadata_t* raw = nullptr;
      const absl::Duration left = deadline_ - runtime_.Now();
      const rd_kafka_resp_err_t error =
          left <= absl::ZeroDuration() ? RD_KAFKA_RESP_ERR__TIMED_OUT
                                       : rd_kafka_metadata(client_.get(), 1, nullptr, &raw,
                                                           Milliseconds(std::min(left, kQuestion)));
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const MetadataPtr metadata(raw);
        return NotIn(*metadata, wanted);
      }
      rd_kafka_poll(client_.get(), 0);  // errors of the login
      if (absl::Status login = link_.LoginError(); !login.ok()) return login;
      if (runtime_.Now() + kPause >= deadline_) return Unreachable(error);
      runtime_.SleepUntil(runtime_.Now() + kPause);
    }
  }

  // As many partitions for side queues as their channels have at the broker. Returns those that are
  // there, and have fewer. After Missing().
  std::vector<std::string> FollowChannels(Topics& wanted) const {
    std::vector<std::string> narrow;
    for (auto& [name, shape] : wanted) {
      const auto channel = partitions_.find(shape.channel);
      if (channel != partitions_.end()) shape.partitions = channel->second;
      const auto there = partitions_.find(name);
      if (shape.channel.empty() || there == partitions_.end()) continue;
      if (there->second < shape.partitions) narrow.push_back(name);
    }
    return narrow;
  }

  absl::Status Widen(const std::string& name, int partitions) {
    std::array<char, 256> reason{};
    const std::unique_ptr<rd_kafka_NewPartitions_t, decltype(&rd_kafka_NewPartitions_destroy)>
        fresh(rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions),
                                         reason.data(), reason.size()),
              &rd_kafka_NewPartitions_destroy);
    if (fresh == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("kafka: add partitions to ", name, ": ", reason.data()));
    }
    const AdminOptions options = Options(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
    rd_kafka_NewPartitions_t* each = fresh.get();
    rd_kafka_CreatePartitions(client_.get(), &each, 1, options.get(), queue_.get());
    const absl::StatusOr<EventPtr> event =
        ReadResult(RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT, "add partitions to " + name);
    if (!event.ok()) return event.status();
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreatePartitions_result_topics(
        rd_kafka_event_CreatePartitions_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_->info("kafka: topic {} has {} partitions now, as its channel", name, partitions);
      } else if (error != RD_KAFKA_RESP_ERR_INVALID_PARTITIONS) {  // somebody else was faster
        const char* detail = rd_kafka_topic_result_error_string(results[i]);
        return ToStatus(error, absl::StrCat("add partitions to ", name),
                        detail == nullptr ? "" : detail);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Create(const std::vector<std::string>& names, const Topics& wanted) {
    std::vector<std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)>> owners;
    std::vector<rd_kafka_NewTopic_t*> topics;
    for (const std::string& name : names) {
      const TopicShape& shape = wanted.at(name);
      std::array<char, 256> reason{};
      rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
          name.c_str(), shape.partitions, shape.replication > 0 ? shape.replication : -1,
          reason.data(), reason.size());
      if (topic == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("kafka: declare topic ", name, ": ", reason.data()));
      }
      owners.emplace_back(topic, &rd_kafka_NewTopic_destroy);
      topics.push_back(topic);
    }
    const AdminOptions options = Options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(client_.get(), topics.data(), topics.size(), options.get(), queue_.get());
    return ReadCreated();
  }

  absl::Status WaitUntilThere(const Topics& wanted) {
    while (true) {
      const absl::StatusOr<std::vector<std::string>> missing = Missing(wanted);
      if (!missing.ok()) return missing.status();
      if (missing->empty()) return absl::OkStatus();
      if (runtime_.Now() + kPause >= deadline_) {
        return absl::DeadlineExceededError(absl::StrCat("kafka: declare: made, but not ready yet: ",
                                                        absl::StrJoin(*missing, ", ")));
      }
      runtime_.SleepUntil(runtime_.Now() + kPause);
    }
  }

  void OnLog(int level, std::string_view facility, std::string_view text) override {
    link_.OnLog(level, facility, text);
  }
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override {
    link_.OnError(error, reason);
  }
  void OnStatistics(std::string_view) override {}

 private:
  static int Milliseconds(absl::Duration duration) {
    return static_cast<int>(std::min<std::int64_t>(absl::ToInt64Milliseconds(duration), 3'600'000));
  }

  std::vector<std::string> NotIn(const rd_kafka_metadata_t& metadata, const Topics& wanted) {
    partitions_.clear();
    for (int i = 0; i < metadata.topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata.topics[i];
      if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR || topic.partition_cnt == 0) continue;
      const bool ready = std::all_of(
          topic.partitions, topic.partitions + topic.partition_cnt,
          [](const rd_kafka_metadata_partition_t& partition) { return partition.leader >= 0; });
      if (ready) partitions_[topic.topic] = topic.partition_cnt;
    }
    std::vector<std::string> missing;
    for (const auto& [name, shape] : wanted) {
      if (!partitions_.contains(name)) missing.push_back(name);
    }
    return missing;
  }

  absl::Status Unreachable(rd_kafka_resp_err_t error) const {
    const absl::Status status =
        ToStatus(error, "ask the broker for its topics", link_.Get().detail);
    if (status.code() == absl::StatusCode::kPermissionDenied) return status;
    // Nothing was asked of it but to tell.
    return absl::UnavailableError(status.message());
  }

  AdminOptions Options(rd_kafka_admin_op_t operation) const {
    AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), operation),
                         &rd_kafka_AdminOptions_destroy);
    std::array<char, 256> reason{};
    const int timeout = std::max(Milliseconds(deadline_ - runtime_.Now()), 1);
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, reason.data(), reason.size());
    return options;
  }

  absl::StatusOr<EventPtr> ReadResult(rd_kafka_event_type_t type, std::string_view action) {
    EventPtr event;
    while (event == nullptr) {
      event.reset(rd_kafka_queue_poll(queue_.get(), Milliseconds(kQuestion)));
      if (event != nullptr && rd_kafka_event_type(event.get()) != type) event.reset();
      rd_kafka_poll(client_.get(), 0);
      if (absl::Status login = link_.LoginError(); !login.ok()) return login;
      if (event == nullptr && runtime_.Now() >= deadline_) {
        return absl::DeadlineExceededError(
            absl::StrCat("kafka: ", AbslView(action), ": the broker has not answered in time"));
      }
    }
    if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get())) {
      return ToStatus(error, action, rd_kafka_event_error_string(event.get()));
    }
    return event;
  }

  absl::Status ReadCreated() {
    const absl::StatusOr<EventPtr> event =
        ReadResult(RD_KAFKA_EVENT_CREATETOPICS_RESULT, "declare topics");
    if (!event.ok()) return event.status();
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
      const std::string name = rd_kafka_topic_result_name(results[i]);
      // Somebody else was faster: fine.
      if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* detail = rd_kafka_topic_result_error_string(results[i]);
        return ToStatus(error, absl::StrCat("declare topic ", name),
                        detail == nullptr ? "" : detail);
      }
      log_->info("kafka: declared topic {}", name);
    }
    return absl::OkStatus();
  }

  const absl::Time deadline_;
  Runtime& runtime_;
  const std::shared_ptr<spdlog::logger> log_;
  LinkMonitor link_;
  ClientPtr client_;
  QueuePtr queue_;                         // before the client, when it ends
  std::map<std::string, int> partitions_;  // of the topics that were there when we looked last
};

absl::Status Incomplete(const std::vector<std::string>& missing,
                        const std::vector<std::string>& narrow) {
  if (!missing.empty()) {
    return absl::NotFoundError(
        absl::StrCat("kafka: topics are missing at the broker: ", absl::StrJoin(missing, ", ")));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("kafka: topics have fewer partitions than the channels whose side queues they "
                   "are: ",
                   absl::StrJoin(narrow, ", "), ": add partitions, or let omnibus declare them"));
}

}  // namespace

std::vector<std::string> TopicNames(const Topology& topology) {
  std::vector<std::string> names;
  for (const auto& [name, shape] : Wanted(KafkaOptions(), topology)) names.push_back(name);
  return names;
}

absl::Status DeclareTopics(const KafkaOptions& options, const Topology& topology, DeclareMode mode,
                           absl::Time deadline, Runtime& runtime,
                           std::shared_ptr<spdlog::logger> log) {
  Topics wanted = Wanted(options, topology);
  if (wanted.empty()) return absl::OkStatus();
  Declaration declaration(deadline, runtime, std::move(log));
  if (absl::Status status = declaration.Connect(options); !status.ok()) return status;
  while (true) {
    const absl::StatusOr<std::vector<std::string>> missing = declaration.Missing(wanted);
    if (!missing.ok()) return missing.status();
    const std::vector<std::string> narrow = declaration.FollowChannels(wanted);
    if (missing->empty() && narrow.empty()) return absl::OkStatus();
    if (mode == DeclareMode::kCheck) return Incomplete(*missing, narrow);
    if (!missing->empty()) {
      if (absl::Status status = declaration.Create(*missing, wanted); !status.ok()) return status;
    }
    for (const std::string& name : narrow) {
      absl::Status status = declaration.Widen(name, wanted.at(name).partitions);
      if (!status.ok()) return status;
    }
    // Somebody else may have made a channel meanwhile, with more partitions: its side queues follow
    // in the next round.
    if (absl::Status status = declaration.WaitUntilThere(wanted); !status.ok()) return status;
    if (runtime.Now() + kPause >= deadline && !narrow.empty()) {
      return absl::DeadlineExceededError(
          absl::StrCat("kafka: declare: partitions were added, but are not ready yet: ",
                       absl::StrJoin(narrow, ", ")));
    }
    if (!narrow.empty()) runtime.SleepUntil(runtime.Now() + kPause);
  }
}

}  // namespace omnibus::kafka
