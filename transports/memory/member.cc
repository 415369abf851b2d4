#include "transports/memory/member.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace omnibus::memory {
namespace {

ConsumerEvent MakeMessage(const Log& log, RecordRef record, DeliveryTag tag, std::size_t partition,
                          bool redelivered) {
  ConsumerEvent event;
  ReceivedMessage& message = event.message;
  message.channel = log.name();
  message.type = record->type;
  message.key = record->key;
  message.id = record->id;
  message.correlation_id = record->correlation_id;
  message.body = record->body;
  message.headers.assign(record->headers.begin(), record->headers.end());
  message.tag = tag;
  message.partition = static_cast<std::int64_t>(partition);
  message.offset = tag.position;
  message.redelivered = redelivered;
  message.owner = std::move(record).ToOwner();
  event.epoch = tag.epoch;
  return event;
}

}  // namespace

Member::Source& Member::Find(const Log& log, std::size_t partition) {
  const auto found = numbers_.find({&log, partition});
  assert(found != numbers_.end());
  return sources_[found->second];
}

std::uint32_t Member::SourceOf(Log& log, std::size_t partition) {
  // A partition that comes back has the number that it had before.
  const auto number = static_cast<std::uint32_t>(sources_.size());
  const auto [found, is_new] = numbers_.try_emplace({&log, partition}, number);
  if (is_new) {
    Source& source = sources_.emplace_back();
    source.log = &log;
    source.partition = partition;
    if (ready_.size() * kBits == number) ready_.emplace_back(0);
  }
  return found->second;
}

void Member::Assign(std::uint64_t epoch, std::span<const Grant> grants) {
  std::vector<Watcher> watchers;
  {
    const internal::Locked lock(mu_);
    ConsumerEvent assigned;
    assigned.kind = ConsumerEvent::Kind::kAssigned;
    assigned.epoch = epoch;
    for (const Grant& grant : grants) {
      const std::uint32_t index = SourceOf(*grant.log, grant.partition);
      Source& source = sources_[index];
      assigned.sources.push_back(index);
      watchers.push_back({&bell_, &ready_[index / kBits], std::uint64_t{1} << index % kBits});
      catches_up_ = catches_up_ || grant.side;
      source.side = grant.side;
      source.held = grant.side ? grant.log->End(grant.partition) : 0;
      source.told = !grant.side;
      source.cursor = grant.cursor;
      source.owned = true;
      source.stopped = false;
      source.epoch = epoch;
      source.next = grant.from.position;
      source.mark = Watermark(grant.from.position);
      source.settled_before.assign(grant.from.settled.begin(), grant.from.settled.end());
      source.delivered_before = grant.from.delivered_before;
    }
    changes_.push_back(std::move(assigned));
  }
  for (std::size_t i = 0; i < grants.size(); ++i) {
    grants[i].log->Watch(grants[i].partition, watchers[i]);
    watchers[i].Tell();
  }
  bell_.Ring();
}

std::uint32_t Member::Stop(const Log& log, std::size_t partition) {
  const internal::Locked lock(mu_);
  Source& source = Find(log, partition);
  source.stopped = true;
  return static_cast<std::uint32_t>(&source - sources_.data());
}

Handover Member::Take(const Log& log, std::size_t partition, std::uint32_t* source_index) {
  Handover handover;
  Log* watched = nullptr;
  {
    const internal::Locked lock(mu_);
    Source& source = Find(log, partition);
    source.owned = false;
    handover.position = source.mark.Position();
    handover.settled = source.mark.SettledAhead();
    // What an earlier owner has settled, and this one has not come to.
    handover.settled.insert(handover.settled.end(), source.settled_before.begin(),
                            source.settled_before.end());
    handover.delivered_before = std::max(source.delivered_before, source.next);
    watched = source.log;
    if (source_index != nullptr) {
      *source_index = static_cast<std::uint32_t>(&source - sources_.data());
    }
  }
  watched->Unwatch(partition, bell_);
  return handover;
}

void Member::Tell(ConsumerEvent::Kind kind, std::uint64_t epoch,
                  std::vector<std::uint32_t> sources) {
  ConsumerEvent event;
  event.kind = kind;
  event.epoch = epoch;
  event.sources = std::move(sources);
  {
    const internal::Locked lock(mu_);
    changes_.push_back(std::move(event));
  }
  bell_.Ring();
}

std::size_t Member::Collect(std::size_t max, std::vector<ConsumerEvent>& events) {
  const internal::Locked lock(mu_);
  std::size_t count = 0;
  while (!changes_.empty() && count < max) {
    events.push_back(std::move(changes_.front()));
    changes_.pop_front();
    ++count;
  }
  if (catches_up_) count += CollectHeld(max - count, events);
  // Each time others are the first, so that a busy one does not starve them.
  const std::size_t words = ready_.size();
  if (words == 0) return count;
  next_word_ = (next_word_ + 1) % words;
  if (next_word_ == 0) next_bit_ = (next_bit_ + 1) % kBits;  // else some pairs never come up
  for (std::size_t i = 0; i < words && count < max; ++i) {
    const std::size_t word = (next_word_ + i) % words;
    std::uint64_t left = ready_[word].exchange(0, std::memory_order_acquire);
    left = std::rotr(left, next_bit_);
    while (left != 0 && count < max) {
      const int bit = (std::countr_zero(left) + next_bit_) % kBits;
      const auto index = static_cast<std::uint32_t>(word * kBits + static_cast<std::size_t>(bit));
      count += CollectFrom(index, max - count, events);
      const Source& source = sources_[index];
      const bool has_more = count == max && source.owned && !source.stopped &&
                            source.next < source.log->End(source.partition);
      if (!has_more) left &= left - 1;
    }
    // Those that were not come to, and the one that has more.
    if (left != 0) ready_[word].fetch_or(std::rotl(left, next_bit_), std::memory_order_release);
  }
  return count;
}

// What side queues held when they were assigned comes before anything else.
std::size_t Member::CollectHeld(std::size_t max, std::vector<ConsumerEvent>& events) {
  std::size_t count = 0;
  catches_up_ = false;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    if (source.next < source.held && count < max) {
      count += CollectFrom(static_cast<std::uint32_t>(i), max - count, events);
    }
    if (source.told || !source.owned || source.stopped) continue;
    if (source.next < source.held || count == max) {
      catches_up_ = true;
      continue;
    }
    source.told = true;
    ConsumerEvent& event = events.emplace_back();
    event.kind = ConsumerEvent::Kind::kCaughtUp;
    event.epoch = source.epoch;
    event.sources.push_back(static_cast<std::uint32_t>(i));
    ++count;
  }
  return count;
}

std::size_t Member::CollectFrom(std::uint32_t index, std::size_t max,
                                std::vector<ConsumerEvent>& events) {
  Source& source = sources_[index];
  const TypeFilter* const filter =
      source.cursor == nullptr ? nullptr : source.cursor->filter.load(std::memory_order_acquire);
  std::size_t count = 0;
  bool passed_over = false;
  while (source.owned && !source.stopped && count < max &&
         source.next < source.log->End(source.partition)) {
    std::int64_t position = source.log->Read(source.partition, source.next, max - count, read_);
    for (RecordRef& record : read_) {
      source.mark.Received(position);
      if (!source.settled_before.empty() && source.settled_before.front() == position) {
        source.settled_before.pop_front();
        source.mark.Settle(position);
      } else if (filter != nullptr && !filter->Accepts(record->type)) {
        source.mark.Settle(position);
        passed_over = true;
      } else {
        const DeliveryTag tag{source.epoch, index, position};
        events.push_back(MakeMessage(*source.log, std::move(record), tag, source.partition,
                                     position < source.delivered_before));
        ++count;
      }
      ++position;
    }
    source.next = position;
    read_.clear();
  }
  if (passed_over) {
    source.cursor->settled[source.partition].store(source.mark.Position(),
                                                   std::memory_order_release);
  }
  return count;
}

std::size_t Member::Settle(std::span<const DeliveryTag> tags) {
  const internal::Locked lock(mu_);
  std::size_t dropped = 0;
  for (const DeliveryTag& tag : tags) {
    Source* const source = tag.source < sources_.size() ? &sources_[tag.source] : nullptr;
    if (source == nullptr || !source->owned || source->epoch != tag.epoch ||
        !source->mark.Settle(tag.position)) {
      ++dropped;
      continue;
    }
    if (source->cursor != nullptr) {
      source->cursor->settled[source->partition].store(source->mark.Position(),
                                                       std::memory_order_release);
    }
  }
  return dropped;
}

std::size_t Member::partitions() const {
  const internal::Locked lock(mu_);
  return static_cast<std::size_t>(
      std::count_if(sources_.begin(), sources_.end(),
                    [](const Source& each) { return each.owned && !each.side; }));
}

}  // namespace omnibus::memory
