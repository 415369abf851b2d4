// Mutexes for what every message passes.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>

#include "absl/base/thread_annotations.h"

namespace omnibus::internal {

// Packaged builds of absl::Mutex look for deadlocks, in one graph that all mutexes of a process
// share: each lock and unlock takes that graph's lock. These do not, and cannot be waited on.

// Mostly held for a few instructions: whoever meets it locked looks again for about as long as
// those take, since to sleep and to be woken costs a hundred times that, and sleeps then.
class ABSL_LOCKABLE Lock {
 public:
  void Acquire() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    for (int i = 0; i < kLooks; ++i) {
      if (mutex_.try_lock()) return;
      Pause();
    }
    mutex_.lock();
  }
  void Release() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  static constexpr int kLooks = 40;

  static void Pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

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

// Held by many at a time, or by one alone.
class ABSL_LOCKABLE SharedLock {
 public:
  void Acquire() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    waiting_.fetch_add(1);
    gate_.lock();
    mutex_.lock();
  }
  void Release() ABSL_UNLOCK_FUNCTION() {
    mutex_.unlock();
    gate_.unlock();
    waiting_.fetch_sub(1);
  }
  void AcquireShared() ABSL_SHARED_LOCK_FUNCTION() {
    // glibc lets more of many in while one of them is, and so whoever wants it alone would wait for
    // as long as they overlap.
    if (waiting_.load() != 0) {
      gate_.lock();
      gate_.unlock();
    }
    mutex_.lock_shared();
  }
  void ReleaseShared() ABSL_UNLOCK_FUNCTION() { mutex_.unlock_shared(); }

 private:
  std::atomic<int> waiting_ = 0;  // those that want it alone
  std::mutex gate_;               // held by the one of them that has its turn
  std::shared_mutex mutex_;
};

// Holds a shared lock for as long as it lives: for one alone, and for many.
class ABSL_SCOPED_LOCKABLE LockedAlone {
 public:
  explicit LockedAlone(SharedLock& lock) ABSL_EXCLUSIVE_LOCK_FUNCTION(lock) : lock_(lock) {
    lock_.Acquire();
  }
  ~LockedAlone() ABSL_UNLOCK_FUNCTION() { lock_.Release(); }
  LockedAlone(const LockedAlone&) = delete;
  LockedAlone& operator=(const LockedAlone&) = delete;

 private:
  SharedLock& lock_;
};
class ABSL_SCOPED_LOCKABLE LockedShared {
 public:
  explicit LockedShared(SharedLock& lock) ABSL_SHARED_LOCK_FUNCTION(lock) : lock_(lock) {
    lock_.AcquireShared();
  }
  ~LockedShared() ABSL_UNLOCK_FUNCTION() { lock_.ReleaseShared(); }
  LockedShared(const LockedShared&) = delete;
  LockedShared& operator=(const LockedShared&) = delete;

 private:
  SharedLock& lock_;
};

}  // namespace omnibus::internal
