// Partitions that are read from another place than was asked for, because a broker did not have
// that place. All on the consumer's I/O thread.
//
// librdkafka goes to the earliest message by itself then (auto.offset.reset). It could stop instead
// and say so, but a partition that it has stopped cannot be told where to go on: it would have to
// be given back and taken again, which the group may take for the answer to what it has just asked.
#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "transports/kafka/consumer_core.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {

std::vector<std::uint32_t> ConsumerCore::Doubted() const {
  const internal::Locked lock(mu_);
  return failure_.ok() ? table_.Doubted() : std::vector<std::uint32_t>();
}

absl::Time ConsumerCore::NextDoubt() {
  absl::Time next = absl::InfiniteFuture();
  for (const std::uint32_t source : Doubted()) next = std::min(next, doubts_[source].ask_at());
  return next;
}

void ConsumerCore::ServeDoubts(absl::Time now) {
  for (const std::uint32_t source : Doubted()) {
    if (now < doubts_[source].ask_at()) continue;
    AskAbout(source, doubts_[source]);
    return;  // the group is served between two questions
  }
}

void ConsumerCore::AskAbout(std::uint32_t source, PositionDoubt& doubt) {
  std::string topic;
  std::int32_t number = 0;
  {
    const internal::Locked lock(mu_);
    topic = table_.Get(source).topic;
    number = table_.Get(source).number;
  }
  // Who leads the partition may have changed: the library learns it with this, to ask the right one
  // below and to read from it.
  const absl::Status led = starts_->CountPartitions(topic).status();
  const absl::StatusOr<PositionDoubt::Bounds> bounds =
      led.ok() ? starts_->AskBounds(topic, number) : led;
  if (!bounds.ok()) {
    log_->debug("{}; trying again", std::string(bounds.status().message()));
    doubt.NoAnswer(runtime_.Now());
    return;
  }
  if (absl::Status status = Decide(source, *bounds, doubt); !status.ok()) Fail(std::move(status));
}

absl::Status ConsumerCore::Decide(std::uint32_t source, const PositionDoubt::Bounds& bounds,
                                  PositionDoubt& doubt) {
  const internal::Locked taking(take_mu_);
  const internal::Locked lock(mu_);
  const PartitionTable::Partition& partition = table_.Get(source);
  // Without any position it is read from the earliest message.
  const std::int64_t next = partition.next < 0 ? bounds.low : partition.next;
  const std::string name = absl::StrCat(partition.topic, "[", partition.number, "]");
  const PositionDoubt::Verdict verdict =
      doubt.Judge(next, bounds, partition.another_log, runtime_.Now());
  switch (verdict) {
    case PositionDoubt::Verdict::kWait:
      log_->debug("kafka: {}: {}: a broker has {} to {}, and {} is to come; asking again", name_,
                  name, bounds.low, bounds.high, next);
      // Nothing of what comes meanwhile is handed out, so let it be little.
      Seek(partition, bounds.high);
      return absl::OkStatus();
    case PositionDoubt::Verdict::kGoOn: {
      log_->debug("kafka: {}: {} goes on at {}", name_, name, next);
      // With the message before it once more, where there is one: a different one tells that the
      // log is another one.
      const bool again = partition.last >= bounds.low && partition.last < next;
      if (Seek(partition, again ? partition.last : next)) table_.Trust(source, next);
      return absl::OkStatus();
    }
    case PositionDoubt::Verdict::kSkip:
    case PositionDoubt::Verdict::kStartOver:
      break;
  }
  if (FailsWithoutPosition()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "kafka: ", name_, ": its position ", next, " on ", name,
        " is gone, and start_from is error: set start_from to earliest or latest to go on (the "
        "broker has ",
        bounds.low, " to ", bounds.high, ")"));
  }
  if (!Seek(partition, bounds.low)) return absl::OkStatus();
  if (verdict == PositionDoubt::Verdict::kSkip) {
    log_->warn("kafka: {}: {} goes on at {}: messages from {} on are not kept any more", name_,
               name, bounds.low, next);
    table_.Trust(source, bounds.low);
  } else {
    doubts_.erase(source);
    StartOver(source);
  }
  return absl::OkStatus();
}

bool ConsumerCore::FailsWithoutPosition() const {
  return start_from_ == StartFrom::kError && !is_reader();
}

bool ConsumerCore::Seek(const PartitionTable::Partition& partition, std::int64_t offset) {
  const PartitionsPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* to =
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number);
  to->offset = offset;
  // Without waiting: what was fetched before is outdated as soon as this returns.
  const ErrorPtr error{rd_kafka_seek_partitions(client_.get(), list.get(), 0)};
  if (error || to->err != RD_KAFKA_RESP_ERR__IN_PROGRESS) {
    log_->warn("kafka: {}: {}[{}]: go on at {}: {}; trying again", name_, partition.topic,
               partition.number, offset,
               error ? rd_kafka_error_string(error.get()) : rd_kafka_err2str(to->err));
    return false;
  }
  std::erase_if(strays_, [&](rd_kafka_message_t* stray) {
    const bool outdated =
        stray->partition == partition.number && rd_kafka_topic_name(stray->rkt) == partition.topic;
    if (outdated) rd_kafka_message_destroy(stray);
    return outdated;
  });
  return true;
}

bool ConsumerCore::IsSkipped(const rd_kafka_message_t& message,
                             const PartitionTable::Partition& partition) const {
  if (partition.next < 0 || message.offset <= partition.next) return false;
  if (partition.epoch == 0 || partition.leaving || partition.doubted) return false;
  // Compaction and transactions leave gaps too. What is kept, librdkafka knows from its last
  // answer, if that was a good one.
  std::int64_t low = -1;
  std::int64_t high = -1;
  const rd_kafka_resp_err_t error = rd_kafka_get_watermark_offsets(
      client_.get(), partition.topic.c_str(), partition.number, &low, &high);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || low < 0) return FailsWithoutPosition();
  return low > partition.next;
}

void ConsumerCore::StartOver(std::uint32_t source) {
  log_->warn(
      "kafka: {}: {}[{}] has started over: its topic was deleted and made again, or has lost "
      "messages",
      name_, table_.Get(source).topic, table_.Get(source).number);
  Push(ConsumerEvent::Kind::kLost, table_.NextEpoch(), {source});
  const std::uint64_t epoch = table_.NextEpoch();
  table_.Assign(source, epoch);
  Push(ConsumerEvent::Kind::kAssigned, epoch, {source});
  // Of a side queue: what it held is gone.
  Push(ConsumerEvent::Kind::kCaughtUp, epoch, {source});
}

}  // namespace omnibus::kafka
