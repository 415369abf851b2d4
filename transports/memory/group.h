// A consumer group: who of its members reads which partition.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/transport.h"
#include "transports/memory/log.h"
#include "transports/memory/member.h"

namespace omnibus::memory {

// Partitions are spread evenly over the members of each log. When members come and go, just those
// partitions move that have to: their owner is told, and has until the release timeout to let them
// go (see ConsumerEvent).
//
// Thread-safety: any thread, concurrently. Its lock is taken before those of members and logs.
class Group {
 public:
  explicit Group(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  struct Side {
    Log* log = nullptr;  // with as many partitions as the channel's
    Cursor* cursor = nullptr;
  };

  struct Seat {
    Log* log = nullptr;
    Cursor* cursor = nullptr;
    std::vector<Side> sides;
  };

  // `release_timeout` is what this member gets. kFailedPrecondition: the group is new to one of the
  // channels, and `start_from` is kError.
  absl::Status Join(Member& member, std::span<const Seat> seats, StartFrom start_from,
                    absl::Duration release_timeout, absl::Time now);

  // Idempotent. What the member has not settled goes to others.
  void Leave(Member& member, absl::Time now);

  // The member answers kRevoked.
  void Release(Member& member, std::uint64_t epoch, absl::Time now);

  // Takes away what is not released in time, if `now` is late enough.
  void Expire(absl::Time now);

  // When Expire() may have something to do.
  absl::Time next_expiry() const {
    return absl::FromUnixNanos(next_expiry_.load(std::memory_order_relaxed));
  }

 private:
  // One log's part of a share.
  struct Leg {
    bool held = false;  // by the share's owner: another might not read this log
    Handover handover;  // while it is not
  };

  // One partition of a channel, and the same one of each of its side queues.
  struct Share {
    Member* owner = nullptr;
    bool leaving = false;     // the owner was asked to let it go,
    std::uint64_t asked = 0;  // by the event of this epoch,
    absl::Time until;         // until then
    Leg channel;
    std::vector<Leg> sides;  // as Reading::sides
  };

  struct Attendant {
    Member* member = nullptr;
    absl::Duration release_timeout;
    std::vector<const Log*> sides;  // those that it reads
  };

  // All that the group reads from one channel.
  struct Reading {
    Log* log = nullptr;
    Cursor* cursor = nullptr;
    std::vector<Side> sides;  // of all members there were
    std::vector<Share> shares;
    std::vector<Attendant> members;  // in the order in which they came
  };

  Reading& ReadingOf(const Seat& seat) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Balance(Reading& reading, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AskFor(Reading& reading, const Attendant& from, std::size_t count, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static std::vector<Member::Grant> Give(Reading& reading, std::size_t partition,
                                         const Attendant& to);
  // Appends the owner's sources of it to `sources`.
  static void TakeBack(Reading& reading, std::size_t partition,
                       std::vector<std::uint32_t>& sources);
  void UpdateExpiry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string name_;
  std::atomic<std::int64_t> next_expiry_ = kNever;  // in Unix nanoseconds; written under mu_

  absl::Mutex mu_;
  std::vector<std::unique_ptr<Reading>> readings_ ABSL_GUARDED_BY(mu_);
  std::uint64_t last_epoch_ ABSL_GUARDED_BY(mu_) = 0;

  static constexpr std::int64_t kNever = INT64_MAX;
};

}  // namespace omnibus::memory
