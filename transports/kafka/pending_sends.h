// Messages that were handed to librdkafka and have no delivery report yet: keeps each one's
// deadline, and sees to it that each has exactly one outcome.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace omnibus::kafka {

// One message. Belongs to PendingSends, which reuses it once librdkafka has let go of it.
struct PendingSend {
  Completion done;
  std::string channel;
  absl::Time deadline;
  std::uint64_t generation = 0;
  std::size_t bucket = 0;
  PendingSend* previous = nullptr;  // in its bucket
  PendingSend* next = nullptr;
  bool live = false;  // has no outcome yet
};

// Thread-safety: any thread, concurrently.
class PendingSends {
 public:
  // Deadlines are kept to this precision.
  static constexpr absl::Duration kTick = absl::Milliseconds(20);

  PendingSends();
  PendingSends(const PendingSends&) = delete;
  PendingSends& operator=(const PendingSends&) = delete;

  // Registers a message. True in `first` when no other was waiting for its outcome.
  PendingSend* Add(std::string_view channel, absl::Time deadline, Completion done, bool& first);

  // It was not sent after all: `done` is dropped, not called. False: its deadline passed meanwhile,
  // and `done` was called.
  bool Drop(PendingSend* send);

  struct Outcome {
    PendingSend* send;
    absl::Status status;
  };
  // librdkafka's reports: calls `done` of those that have no outcome yet. librdkafka has let go of
  // all of them.
  void Finish(std::span<Outcome> outcomes);

  // Gives those whose deadline has passed their outcome, unknown. librdkafka still has them.
  void Expire(absl::Time now, std::string_view detail);
  // The same for all.
  void ExpireAll(std::string_view detail);

  // Whether there are messages without an outcome, and the deadlines of all of them have passed.
  bool AllOverdue(absl::Time now) const;

  // Messages without an outcome.
  std::size_t live() const;

  // Waits until all that were added before have their outcome, and their `done` has returned.
  bool WaitForAll(Runtime& runtime, absl::Time deadline);

 private:
  static constexpr std::size_t kBuckets =
      2048;  // times kTick: 41 s, later deadlines take another turn
  static constexpr std::size_t kNever = kBuckets;

  static std::size_t BucketOf(absl::Time deadline);
  void Link(PendingSend* send) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Unlink(PendingSend* send) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  struct Expired {
    Completion done;
    std::string channel;
    std::uint64_t generation;
  };
  // From here on the PendingSend is librdkafka's report's alone.
  void TakeExpired(std::size_t bucket, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Calls `done` of what was taken, with mu_ free.
  void Conclude(std::string_view detail) ABSL_LOCKS_EXCLUDED(mu_);
  void CountDown(std::uint64_t generation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Recycle(PendingSend* send) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable internal::Lock mu_;
  std::deque<PendingSend> all_ ABSL_GUARDED_BY(mu_);
  std::vector<PendingSend*> free_ ABSL_GUARDED_BY(mu_);
  std::array<PendingSend*, kBuckets + 1> buckets_ ABSL_GUARDED_BY(mu_){};
  std::int64_t last_tick_ ABSL_GUARDED_BY(mu_) = 0;
  std::size_t live_ ABSL_GUARDED_BY(mu_) = 0;

  // Each WaitForAll() ends a generation; generations_[i] counts what of first_generation_ + i is
  // not done.
  std::deque<std::size_t> generations_ ABSL_GUARDED_BY(mu_){0};
  std::uint64_t first_generation_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<Doorbell*> waiting_ ABSL_GUARDED_BY(mu_);

  // Of the one thread that calls Finish() and Expire().
  std::vector<Completion> completions_;
  std::vector<std::uint64_t> finished_;
  std::vector<Expired> expired_;
};

}  // namespace omnibus::kafka
