// Tells ThreadSanitizer about absl::Mutex. Packaged builds of Abseil are not instrumented, so that
// without this each access under such a lock looks like a race. Only in builds for that sanitizer:
// the linker's --wrap leads every call of ours through here (see CMakeLists.txt).
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"

// OMNIBUS_ABSL_MUTEX is how the members' mangled names begin: the namespace has the version in it.
#define WRAP(name, mangled)                                               \
  void Real##name(void* mutex) asm("__real_" OMNIBUS_ABSL_MUTEX mangled); \
  void Wrapped##name(void* mutex) asm("__wrap_" OMNIBUS_ABSL_MUTEX mangled);

extern "C" {
WRAP(Lock, "4LockEv")
WRAP(Unlock, "6UnlockEv")
WRAP(ReaderLock, "10ReaderLockEv")
WRAP(ReaderUnlock, "12ReaderUnlockEv")

// Tests wait on conditions; the library itself does not (omnibus/runtime.h).
bool RealAwaitWithTimeout(
    void* mutex, const absl::Condition& condition,
    absl::Duration timeout) asm("__real_" OMNIBUS_ABSL_MUTEX
                                "16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
bool WrappedAwaitWithTimeout(
    void* mutex, const absl::Condition& condition,
    absl::Duration timeout) asm("__wrap_" OMNIBUS_ABSL_MUTEX
                                "16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");

void WrappedLock(void* mutex) {
  __tsan_mutex_pre_lock(mutex, 0);
  RealLock(mutex);
  __tsan_mutex_post_lock(mutex, 0, 0);
}

void WrappedUnlock(void* mutex) {
  __tsan_mutex_pre_unlock(mutex, 0);
  RealUnlock(mutex);
  __tsan_mutex_post_unlock(mutex, 0);
}

void WrappedReaderLock(void* mutex) {
  __tsan_mutex_pre_lock(mutex, __tsan_mutex_read_lock);
  RealReaderLock(mutex);
  __tsan_mutex_post_lock(mutex, __tsan_mutex_read_lock, 0);
}

void WrappedReaderUnlock(void* mutex) {
  __tsan_mutex_pre_unlock(mutex, __tsan_mutex_read_lock);
  RealReaderUnlock(mutex);
  __tsan_mutex_post_unlock(mutex, __tsan_mutex_read_lock);
}

bool WrappedAwaitWithTimeout(void* mutex, const absl::Condition& condition,
                             absl::Duration timeout) {
  __tsan_mutex_pre_unlock(mutex, 0);
  __tsan_mutex_post_unlock(mutex, 0);
  __tsan_mutex_pre_lock(mutex, 0);
  const bool met = RealAwaitWithTimeout(mutex, condition, timeout);
  __tsan_mutex_post_lock(mutex, 0, 0);
  return met;
}
}
