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

  struct Seat {
    Log* log = nullptr;
    Cursor* cursor = nullptr;
  };

  // `release_timeout` is what this member gets. kFailedPrecondition: the group is new to one of the
  // logs, and `start_from` is kError.
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
  // One partition of a log.
  struct Share {
    Member* owner = nullptr;
    bool leaving = false;     // the owner was asked to let it go,
    std::uint64_t asked = 0;  // by the event of this epoch,
    absl::Time until;         // until then
    Handover handover;        // while nobody owns it
  };

  struct Attendant {
    Member* member = nullptr;
    absl::Duration release_timeout;
  };

  // All that the group reads from one log.
  struct Reading {
    Log* log = nullptr;
    Cursor* cursor = nullptr;
    std::vector<Share> shares;
    std::vector<Attendant> members;  // in the order in which they came
  };

  Reading& ReadingOf(const Seat& seat) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Balance(Reading& reading, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AskFor(Reading& reading, const Attendant& from, std::size_t count, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void UpdateExpiry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string name_;
  std::atomic<std::int64_t> next_expiry_ = kNever;  // in Unix nanoseconds; written under mu_

  absl::Mutex mu_;
  std::vector<std::unique_ptr<Reading>> readings_ ABSL_GUARDED_BY(mu_);
  std::uint64_t last_epoch_ ABSL_GUARDED_BY(mu_) = 0;

  static constexpr std::int64_t kNever = INT64_MAX;
};

}  // namespace omnibus::memory
