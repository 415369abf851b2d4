// Messages that wait for a point in time: retries.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bus/delivery.h"

namespace omnibus {

// Thread-safety: any thread, concurrently.
class DelayQueue {
 public:
  // True when nothing else is due before it.
  bool Add(absl::Time due, Delivery* delivery) {
    // In whole nanoseconds, as NextDue() tells it: else one would wake up a moment too early, again
    // and again.
    due = absl::FromUnixNanos(absl::ToUnixNanos(due));
    absl::MutexLock lock(&mu_);
    waiting_.push_back({due, delivery});
    std::push_heap(waiting_.begin(), waiting_.end(), Later);
    Publish();
    return waiting_.front().delivery == delivery;
  }

  // When the next one is due; InfiniteFuture when nothing waits. Takes no lock.
  absl::Time NextDue() const {
    const std::int64_t nanoseconds = next_due_.load(std::memory_order_acquire);
    return nanoseconds == kNever ? absl::InfiniteFuture() : absl::FromUnixNanos(nanoseconds);
  }

  // Takes one that is due by `now`; null: none.
  Delivery* TakeDue(absl::Time now) {
    absl::MutexLock lock(&mu_);
    if (waiting_.empty() || waiting_.front().due > now) return nullptr;
    std::pop_heap(waiting_.begin(), waiting_.end(), Later);
    Delivery* delivery = waiting_.back().delivery;
    waiting_.pop_back();
    Publish();
    return delivery;
  }

  // Makes some of them due at once: the module leaves what they came from, or stops.
  void Expedite(absl::FunctionRef<bool(const Delivery&)> which) {
    absl::MutexLock lock(&mu_);
    for (Entry& entry : waiting_) {
      if (which(*entry.delivery)) entry.due = absl::UnixEpoch();
    }
    std::make_heap(waiting_.begin(), waiting_.end(), Later);
    Publish();
  }

 private:
  struct Entry {
    absl::Time due;
    Delivery* delivery;
  };

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  static bool Later(const Entry& a, const Entry& b) { return a.due > b.due; }

  void Publish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    next_due_.store(waiting_.empty() ? kNever : absl::ToUnixNanos(waiting_.front().due),
                    std::memory_order_release);
  }

  std::atomic<std::int64_t> next_due_ = kNever;
  absl::Mutex mu_;
  std::vector<Entry> waiting_ ABSL_GUARDED_BY(mu_);  // a heap, the next one first
};

}  // namespace omnibus
