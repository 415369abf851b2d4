#include "transports/memory/log.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::memory {
namespace {

// FNV-1a, mixed at the end: the same in each process, unlike absl::Hash, so that a simulation can
// be repeated.
std::uint64_t HashOf(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return hash ^ (hash >> 32);
}

}  // namespace

bool Log::Audience::Receives(std::string_view type) const {
  return std::any_of(cursors.begin(), cursors.end(), [&](const Cursor* cursor) {
    return cursor->filter.load(std::memory_order_acquire)->Accepts(type);
  });
}

Log::Log(std::string name, int partitions, const LogLimits& limits)
    : name_(std::move(name)), limits_(limits), partitions_(static_cast<std::size_t>(partitions)) {
  absl::MutexLock lock(&mu_);
  audiences_.push_back(std::make_unique<const Audience>());
  audience_.store(audiences_.back().get(), std::memory_order_release);
}

std::size_t Log::PartitionOf(std::string_view key) {
  const std::uint64_t number =
      key.empty() ? next_partition_.fetch_add(1, std::memory_order_relaxed) : HashOf(key);
  return number % partitions_.size();
}

absl::Status Log::Append(const OutgoingMessage& message) {
  if (message.mandatory && message.destination == Destination::kChannel &&
      !audience()->Receives(message.type)) {
    return absl::NotFoundError(
        absl::StrCat("memory: publish to ", name_, ": no group receives ", AbslView(message.type)));
  }
  const bool asked = message.destination == Destination::kQueue && message.partition >= 0;
  if (asked && static_cast<std::uint64_t>(message.partition) >= partitions_.size()) {
    return absl::NotFoundError(absl::StrCat("memory: publish to ", name_, ": it has no partition ",
                                            message.partition, ", but ", partitions_.size(),
                                            " in all"));
  }
  const std::size_t bytes = RecordRef::BytesOf(message);
  if (!Reserve(bytes)) return Full();

  const std::size_t index =
      asked ? static_cast<std::size_t>(message.partition) : PartitionOf(message.key);
  Partition& partition = partitions_[index];
  const internal::Locked lock(partition.mu);
  if (bytes_.load(std::memory_order_relaxed) > limits_.history_bytes) {
    Trim(partition, index, limits_.history_bytes);
  }
  RecordRef spare;
  if (!partition.spares.empty()) {
    // The oldest: most likely nobody reads it any more.
    spare = std::move(partition.spares.front());
    partition.spares.pop_front();
    partition.spare_bytes -= spare->capacity;
  }
  partition.records.push_back(RecordRef::Copy(message, bytes, std::move(spare)));
  partition.end.fetch_add(1, std::memory_order_release);
  for (const Watcher& watcher : partition.watchers) watcher.Tell();
  return absl::OkStatus();
}

bool Log::IsFull() const {
  if (entries_.load(std::memory_order_relaxed) < limits_.max_entries &&
      bytes_.load(std::memory_order_relaxed) < limits_.max_bytes) {
    return false;
  }
  // What every group has settled makes room at the next publish.
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    std::int64_t floor = End(i);
    for (const Cursor* cursor : audience()->cursors) {
      floor = std::min(floor, cursor->settled[i].load(std::memory_order_acquire));
    }
    if (Begin(i) < floor) return false;
  }
  return true;
}

bool Log::Reserve(std::size_t bytes) {
  const auto reserve = [&] {
    const std::size_t entries = entries_.fetch_add(1, std::memory_order_relaxed) + 1;
    const std::size_t total = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (entries <= limits_.max_entries && total <= limits_.max_bytes) return true;
    entries_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  };
  if (reserve()) return true;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const internal::Locked lock(partitions_[i].mu);
    Trim(partitions_[i], i, 0);
  }
  return reserve();
}

void Log::Trim(Partition& partition, std::size_t index, std::size_t keep_bytes) {
  std::int64_t floor = partition.end.load(std::memory_order_relaxed);
  for (const Cursor* cursor : audience()->cursors) {
    floor = std::min(floor, cursor->settled[index].load(std::memory_order_acquire));
  }
  while (partition.begin < floor && bytes_.load(std::memory_order_relaxed) > keep_bytes) {
    bytes_.fetch_sub(partition.records.front()->bytes, std::memory_order_relaxed);
    entries_.fetch_sub(1, std::memory_order_relaxed);
    RecordRef& trimmed = partition.records.front();
    if (partition.spare_bytes + trimmed->capacity <= limits_.history_bytes / partitions_.size()) {
      partition.spare_bytes += trimmed->capacity;
      partition.spares.push_back(std::move(trimmed));
    }
    partition.records.pop_front();
    ++partition.begin;
  }
}

absl::Status Log::Full() const {
  // Whoever is the furthest behind is who to look at.
  const Cursor* slowest = nullptr;
  std::int64_t most_behind = 0;
  for (const Cursor* cursor : audience()->cursors) {
    std::int64_t behind = 0;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      behind += End(i) - cursor->settled[i].load(std::memory_order_relaxed);
    }
    if (behind > most_behind) {
      most_behind = behind;
      slowest = cursor;
    }
  }
  std::string text = absl::StrCat("memory: publish to ", name_, ": the log is full (",
                                  entries_.load(std::memory_order_relaxed), " entries, ",
                                  bytes_.load(std::memory_order_relaxed), " bytes)");
  if (slowest != nullptr) {
    absl::StrAppend(&text, ": group ", slowest->group, " is ", most_behind, " behind");
  }
  return absl::ResourceExhaustedError(text);
}

std::int64_t Log::Begin(std::size_t partition) const {
  const internal::Locked lock(partitions_[partition].mu);
  return partitions_[partition].begin;
}

std::int64_t Log::End(std::size_t partition) const {
  return partitions_[partition].end.load(std::memory_order_acquire);
}

std::int64_t Log::Read(std::size_t index, std::int64_t from, std::size_t max,
                       std::vector<RecordRef>& records) const {
  const Partition& partition = partitions_[index];
  const internal::Locked lock(partition.mu);
  const std::int64_t first = std::max(from, partition.begin);
  const std::int64_t end = partition.end.load(std::memory_order_relaxed);
  for (std::int64_t at = first; at < end && max > 0; ++at, --max) {
    records.push_back(partition.records[static_cast<std::size_t>(at - partition.begin)]);
  }
  return first;
}

void Log::Watch(std::size_t partition, const Watcher& watcher) {
  const internal::Locked lock(partitions_[partition].mu);
  partitions_[partition].watchers.push_back(watcher);
}

void Log::Unwatch(std::size_t partition, const Doorbell& bell) {
  const internal::Locked lock(partitions_[partition].mu);
  std::vector<Watcher>& watchers = partitions_[partition].watchers;
  const auto found = std::find_if(watchers.begin(), watchers.end(),
                                  [&](const Watcher& each) { return each.bell == &bell; });
  if (found != watchers.end()) watchers.erase(found);
}

Cursor& Log::GetCursor(std::string_view group, std::span<const std::string> types) {
  absl::MutexLock lock(&mu_);
  const std::vector<Cursor*>& known = audience()->cursors;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Cursor* each) { return each->group == group; });
  auto filter = found == known.end() ? std::make_unique<TypeFilter>()
                                     : std::make_unique<TypeFilter>(*(*found)->filter.load());
  filter->Add(types);
  if (found != known.end()) {
    Cursor& cursor = **found;
    if (!(*filter == *cursor.filter.load())) {
      filters_.push_back(std::move(filter));
      cursor.filter.store(filters_.back().get(), std::memory_order_release);
    }
    return cursor;
  }

  cursors_.push_back(std::make_unique<Cursor>(std::string(group), partitions_.size()));
  Cursor& cursor = *cursors_.back();
  filters_.push_back(std::move(filter));
  cursor.filter.store(filters_.back().get(), std::memory_order_release);
  auto next = std::make_unique<Audience>(*audience());
  next->cursors.push_back(&cursor);
  audiences_.push_back(std::move(next));
  audience_.store(audiences_.back().get(), std::memory_order_release);
  // It is in the audience already, so nothing is trimmed any more that it has not passed.
  for (std::size_t i = 0; i < partitions_.size(); ++i) cursor.settled[i].store(Begin(i));
  return cursor;
}

bool Log::HasCursor(std::string_view group) const {
  const std::vector<Cursor*>& cursors = audience()->cursors;
  return std::any_of(cursors.begin(), cursors.end(),
                     [&](const Cursor* each) { return each->group == group; });
}

}  // namespace omnibus::memory
