#include "transports/kafka/start_positions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {

StartPositions::StartPositions(rd_kafka_t* client, std::string group, StartFrom start_from,
                               std::set<std::string> side_topics, absl::Duration timeout)
    : client_(client),
      group_(std::move(group)),
      start_from_(start_from),
      side_topics_(std::move(side_topics)),
      timeout_ms_(static_cast<int>(absl::ToInt64Milliseconds(timeout))) {}

absl::StatusOr<int> StartPositions::CountPartitions(const std::string& topic) {
  const TopicPtr handle(rd_kafka_topic_new(client_, topic.c_str(), nullptr));
  if (!handle)
    return absl::InvalidArgumentError(
        absl::StrCat("kafka: no topic can have the name \"", topic, "\""));
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client_, 0, handle.get(), &raw, timeout_ms_);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return ToStatus(error, absl::StrCat("ask for topic ", topic));
  const MetadataPtr metadata(raw);
  if (metadata->topic_cnt != 1)
    return absl::InternalError(absl::StrCat("kafka: ask for topic ", topic, ": no answer"));
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return ToStatus(found.err, absl::StrCat("read topic ", topic));
  if (found.partition_cnt == 0)
    return absl::NotFoundError(absl::StrCat("kafka: topic ", topic, " has no partitions"));
  return found.partition_cnt;
}

absl::StatusOr<PositionDoubt::Bounds> StartPositions::AskBounds(const std::string& topic,
                                                                std::int32_t number) {
  PositionDoubt::Bounds bounds;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      client_, topic.c_str(), number, &bounds.low, &bounds.high, timeout_ms_);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(error, absl::StrCat("ask for the positions of ", topic, "[", number, "]"));
  }
  return bounds;
}

absl::Status StartPositions::SetBounds(rd_kafka_topic_partition_list_t* partitions, bool end) {
  for (int i = 0; i < partitions->cnt; ++i) {
    rd_kafka_topic_partition_t& partition = partitions->elems[i];
    const absl::StatusOr<PositionDoubt::Bounds> bounds =
        AskBounds(partition.topic, partition.partition);
    if (!bounds.ok()) return bounds.status();
    partition.offset = end ? bounds->high : bounds->low;
  }
  return absl::OkStatus();
}

absl::Status StartPositions::CheckGroupIsKnown(const std::string& topic) {
  const absl::StatusOr<int> count = CountPartitions(topic);
  if (!count.ok()) return count.status();
  const PartitionsPtr all(rd_kafka_topic_partition_list_new(*count));
  rd_kafka_topic_partition_list_add_range(all.get(), topic.c_str(), 0, *count - 1);
  const rd_kafka_resp_err_t error = rd_kafka_committed(client_, all.get(), timeout_ms_);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return ToStatus(error, absl::StrCat("ask for the position of ", group_));
  for (int i = 0; i < all->cnt; ++i) {
    if (all->elems[i].offset >= 0) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "kafka: group ", group_, " is new: it has no position on topic ", topic,
      ", and start_from is error. ",
      "Set start_from to earliest or latest for its first start, or check the group's name"));
}

absl::StatusOr<PartitionsPtr> StartPositions::Resolve(rd_kafka_topic_partition_list_t* partitions) {
  PartitionsPtr known(rd_kafka_topic_partition_list_copy(partitions));
  if (known->cnt == 0) return known;
  const rd_kafka_resp_err_t error = rd_kafka_committed(client_, known.get(), timeout_ms_);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return ToStatus(error, absl::StrCat("ask for the position of ", group_));

  const PartitionsPtr at_begin(rd_kafka_topic_partition_list_new(partitions->cnt));
  const PartitionsPtr at_end(rd_kafka_topic_partition_list_new(partitions->cnt));
  for (int i = 0; i < known->cnt; ++i) {
    const rd_kafka_topic_partition_t& partition = known->elems[i];
    if (partition.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return ToStatus(partition.err, absl::StrCat("ask for the position of ", group_));
    }
    if (partition.offset >= 0) {
      // The library would ask for it again, and not tell us where reading is to go on.
      partitions->elems[i].offset = partition.offset;
      continue;
    }
    // The library finds the beginning by itself.
    if (start_from_ == StartFrom::kEarliest) continue;
    if (side_topics_.contains(partition.topic)) {
      rd_kafka_topic_partition_list_add(at_begin.get(), partition.topic, partition.partition);
      continue;
    }
    if (start_from_ == StartFrom::kError) {
      // A group that has read this topic before may know nothing of a partition that had no
      // message, or is new.
      if (absl::Status status = CheckGroupIsKnown(partition.topic); !status.ok()) return status;
      rd_kafka_topic_partition_list_add(at_begin.get(), partition.topic, partition.partition);
      continue;
    }
    if (!first_seen_.contains(partition.topic)) {
      const absl::StatusOr<int> count = CountPartitions(partition.topic);
      if (!count.ok()) return count.status();
      first_seen_[partition.topic] = *count;
    }
    const bool added_later = partition.partition >= first_seen_[partition.topic];
    rd_kafka_topic_partition_list_add(added_later ? at_begin.get() : at_end.get(), partition.topic,
                                      partition.partition);
  }

  if (absl::Status status = SetBounds(at_begin.get(), /*end=*/false); !status.ok()) return status;
  if (absl::Status status = SetBounds(at_end.get(), /*end=*/true); !status.ok()) return status;
  for (const rd_kafka_topic_partition_list_t* found : {at_begin.get(), at_end.get()}) {
    for (int i = 0; i < found->cnt; ++i) {
      const rd_kafka_topic_partition_t& partition = found->elems[i];
      rd_kafka_topic_partition_list_set_offset(partitions, partition.topic, partition.partition,
                                               partition.offset);
    }
  }
  return known;
}

}  // namespace omnibus::kafka
