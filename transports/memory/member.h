// What one member of a group has in hands: its partitions, and what it was given of each.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/watermark.h"
#include "transports/memory/log.h"

namespace omnibus::memory {

// What one owner of a partition leaves to the next.
struct Handover {
  std::int64_t position = 0;          // where to go on
  std::vector<std::int64_t> settled;  // these from there on are done all the same; ascending
  std::int64_t delivered_before = 0;  // what lies before was handed out once already
};

// Thread-safety: any thread, concurrently; one at a time for Collect().
class Member {
 public:
  // Rings `bell` when there is something to collect.
  explicit Member(Doorbell& bell) : bell_(bell) {}

  struct Grant {
    Log* log = nullptr;
    Cursor* cursor = nullptr;  // is told of what is settled; null for nobody's reader
    std::size_t partition = 0;
    Handover from;
    // Of a side queue: what it holds now is delivered before anything of a channel.
    bool side = false;
  };

  // Gives it partitions, and tells the consumer so.
  void Assign(std::uint64_t epoch, std::span<const Grant> grants);

  // Reads no more from it; what was handed out can still be settled. Returns its source.
  std::uint32_t Stop(const Log& log, std::size_t partition);

  // Takes it away: what is unsettled there cannot be settled here any more.
  Handover Take(const Log& log, std::size_t partition, std::uint32_t* source = nullptr);

  // Tells the consumer of a change, before any message that is collected later.
  void Tell(ConsumerEvent::Kind kind, std::uint64_t epoch, std::vector<std::uint32_t> sources);

  // Appends up to `max` events. Returns how many.
  std::size_t Collect(std::size_t max, std::vector<ConsumerEvent>& events);

  // Makes the consumer look what there is to do.
  void Wake() { bell_.Ring(); }

  // Returns how many were dropped.
  std::size_t Settle(std::span<const DeliveryTag> tags);

  std::size_t partitions() const;

 private:
  struct Source {
    Log* log = nullptr;
    std::size_t partition = 0;
    Cursor* cursor = nullptr;
    bool owned = false;
    bool stopped = false;
    std::uint64_t epoch = 0;
    std::int64_t next = 0;
    Watermark mark;
    std::deque<std::int64_t> settled_before;  // by an earlier owner, from `next` on
    std::int64_t delivered_before = 0;
    bool side = false;
    std::int64_t held = 0;  // of a side queue: what lies before was there when it was assigned
    bool told = false;      // of a side queue: that all of this has come
  };

  static constexpr int kBits = 64;

  std::uint32_t SourceOf(Log& log, std::size_t partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Source& Find(const Log& log, std::size_t partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::size_t CollectHeld(std::size_t max, std::vector<ConsumerEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::size_t CollectFrom(std::uint32_t index, std::size_t max, std::vector<ConsumerEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Doorbell& bell_;
  mutable internal::Lock mu_;
  std::vector<Source> sources_ ABSL_GUARDED_BY(mu_);  // a source's number is its place
  absl::flat_hash_map<std::pair<const Log*, std::size_t>, std::uint32_t> numbers_
      ABSL_GUARDED_BY(mu_);
  // A bit for each source: there may be something to read. So that a member of a thousand channels
  // does not look at all of them each time that one has a message.
  // Watchers keep pointers to its words.
  std::deque<std::atomic<std::uint64_t>> ready_ ABSL_GUARDED_BY(mu_);
  bool catches_up_ ABSL_GUARDED_BY(mu_) = false;  // some side queue's end is to be told yet
  std::deque<ConsumerEvent> changes_ ABSL_GUARDED_BY(mu_);
  std::size_t next_word_ ABSL_GUARDED_BY(mu_) = 0;
  int next_bit_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<RecordRef> read_ ABSL_GUARDED_BY(mu_);  // of CollectFrom(), kept for its memory
};

}  // namespace omnibus::memory
