// Time as it passes for a module that reads.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"

namespace omnibus {

// Stands while nobody reads what comes, for there is no room: what is not read cannot be missed.
//
// Thread-safety: any thread, concurrently.
class ReadingClock {
 public:
  explicit ReadingClock(Runtime& runtime) : runtime_(runtime) {}

  absl::Time Now() const {
    absl::MutexLock lock(&mu_);
    return runtime_.Now() - stood_ - Standing();
  }

  // Each Stop() is followed by a GoOn(), of the same thread.
  void Stop() {
    absl::MutexLock lock(&mu_);
    if (stops_++ == 0) stopped_at_ = runtime_.Now();
  }
  void GoOn() {
    absl::MutexLock lock(&mu_);
    const absl::Duration stood = Standing();
    if (--stops_ == 0) stood_ += stood;
  }

 private:
  absl::Duration Standing() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (stops_ == 0) return absl::ZeroDuration();
    return runtime_.Now() - stopped_at_;
  }

  Runtime& runtime_;
  mutable absl::Mutex mu_;
  int stops_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time stopped_at_ ABSL_GUARDED_BY(mu_);
  absl::Duration stood_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
