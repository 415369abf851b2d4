// Counts, and knows when.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"

namespace omnibus::bench {

// User and system time of this process until now.
double CpuSeconds();

struct Moment {
  absl::Time time = absl::InfinitePast();
  double cpu_seconds = 0;
};
Moment Now(Runtime& runtime);

// Thread-safety: any thread, concurrently.
class Meter {
 public:
  static constexpr std::int64_t kNoTarget = std::numeric_limits<std::int64_t>::max();

  // Rings when the target is reached. Both outlive the meter.
  Meter(Runtime& runtime, Doorbell& doorbell) : runtime_(runtime), doorbell_(doorbell) {}

  void Add();
  void SetTarget(std::int64_t target);

  std::int64_t count() const { return count_.load(std::memory_order_relaxed); }
  bool reached() const { return count() >= target_.load(std::memory_order_relaxed); }

  // When the first was counted; the infinite past: none was.
  Moment first() const;
  // When the target was reached; without one, at most a thousand before the last.
  Moment last() const;

 private:
  void Mark();

  Runtime& runtime_;
  Doorbell& doorbell_;
  std::atomic<std::int64_t> target_ = kNoTarget;
  std::atomic<std::int64_t> count_ = 0;
  mutable absl::Mutex mu_;
  Moment first_ ABSL_GUARDED_BY(mu_);
  Moment last_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::bench
