// A mutex for what every message passes.
#pragma once

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace omnibus::internal {

// Packaged builds of absl::Mutex look for deadlocks, in one graph that all mutexes of a process
// share: each lock and unlock takes that graph's lock. This one does not, and cannot be waited on.
class ABSL_LOCKABLE Lock {
 public:
  void Acquire() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Release() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a lock for as long as it lives.
class ABSL_SCOPED_LOCKABLE Locked {
 public:
  explicit Locked(Lock& lock) ABSL_EXCLUSIVE_LOCK_FUNCTION(lock) : lock_(lock) { lock_.Acquire(); }
  ~Locked() ABSL_UNLOCK_FUNCTION() { lock_.Release(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  Lock& lock_;
};

}  // namespace omnibus::internal
