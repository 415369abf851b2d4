#include "transports/kafka/partition_table.h"

namespace omnibus::kafka {

std::optional<std::uint32_t> PartitionTable::Find(std::string_view topic,
                                                  std::int32_t number) const {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    if (partitions_[i].number == number && partitions_[i].topic == topic) {
      return static_cast<std::uint32_t>(i);
    }
  }
  return std::nullopt;
}

std::uint32_t PartitionTable::SourceOf(std::string_view topic, std::int32_t number) {
  if (const std::optional<std::uint32_t> found = Find(topic, number)) return *found;
  Partition& fresh = partitions_.emplace_back();
  fresh.topic = std::string(topic);
  fresh.number = number;
  return static_cast<std::uint32_t>(partitions_.size() - 1);
}

void PartitionTable::Assign(std::uint32_t source, std::uint64_t epoch) {
  Partition& partition = partitions_[source];
  partition.epoch = epoch;
  partition.leaving = false;
  partition.last = -1;
  partition.next = -1;
  partition.doubted = false;
  partition.another_log = false;
  partition.marks.reset();
  partition.told = -1;
}

void PartitionTable::StartAt(std::uint32_t source, std::int64_t offset) {
  partitions_[source].marks.emplace(offset);
  partitions_[source].next = offset;
}

void PartitionTable::GoOnAt(std::uint32_t source, std::int64_t offset) {
  StartAt(source, offset);
  partitions_[source].told = offset;
}

bool PartitionTable::StartAtEnd(std::uint32_t source, std::int64_t offset) {
  Partition& partition = partitions_[source];
  if (partition.epoch == 0) return false;
  if (!partition.marks) StartAt(source, offset);
  return partition.marks->Position() > partition.told;
}

void PartitionTable::Trust(std::uint32_t source, std::int64_t next) {
  partitions_[source].doubted = false;
  partitions_[source].next = next;
}

std::vector<std::uint32_t> PartitionTable::Doubted() const {
  std::vector<std::uint32_t> doubted;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    if (partition.epoch != 0 && !partition.leaving && partition.doubted) {
      doubted.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return doubted;
}

PartitionTable::Fetched PartitionTable::HandOut(std::uint32_t source, std::int64_t offset,
                                                std::int64_t time, DeliveryTag& tag) {
  Partition& partition = partitions_[source];
  if (partition.epoch == 0 || partition.leaving) return Fetched::kDrop;
  if (offset == partition.last && time == partition.last_time) return Fetched::kDrop;
  if (offset == partition.last) partition.another_log = true;
  if (partition.doubted) return Fetched::kDrop;
  if (offset < partition.next) {
    partition.doubted = true;
    return Fetched::kDoubt;
  }
  if (!partition.marks) {
    // The group's position was before this one, by a gap at most.
    partition.marks.emplace(offset);
    partition.told = offset;
  }
  partition.last = offset;
  partition.next = offset + 1;
  partition.last_time = time;
  partition.marks->Received(offset);
  tag = {.epoch = partition.epoch, .source = source, .position = offset};
  return Fetched::kHandOut;
}

std::size_t PartitionTable::Settle(std::span<const DeliveryTag> tags) {
  std::size_t dropped = 0;
  for (const DeliveryTag& tag : tags) {
    if (tag.source >= partitions_.size()) {
      ++dropped;
      continue;
    }
    Partition& partition = partitions_[tag.source];
    const bool current = partition.epoch != 0 && partition.epoch == tag.epoch && partition.marks;
    if (!current || !partition.marks->Settle(tag.position)) ++dropped;
  }
  dropped_ += dropped;
  return dropped;
}

std::size_t PartitionTable::Unfinished(std::span<const std::uint32_t> sources) const {
  std::size_t unfinished = 0;
  for (const std::uint32_t source : sources) {
    const Partition& partition = partitions_[source];
    if (partition.epoch != 0 && partition.marks) unfinished += partition.marks->unfinished();
  }
  return unfinished;
}

std::vector<Position> PartitionTable::Untold() const {
  std::vector<Position> untold;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    if (partition.epoch == 0 || !partition.marks) continue;
    if (partition.marks->Position() > partition.told) {
      untold.push_back({static_cast<std::uint32_t>(i), partition.marks->Position()});
    }
  }
  return untold;
}

void PartitionTable::Told(const Position& position) {
  Partition& partition = partitions_[position.source];
  if (partition.epoch != 0 && position.offset > partition.told) partition.told = position.offset;
}

std::size_t PartitionTable::owned() const { return Owned().size(); }

std::vector<std::uint32_t> PartitionTable::Owned() const {
  std::vector<std::uint32_t> owned;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    if (partitions_[i].epoch != 0) owned.push_back(static_cast<std::uint32_t>(i));
  }
  return owned;
}

}  // namespace omnibus::kafka
