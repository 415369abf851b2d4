// What one handling has published, and has no outcome for yet.
#pragma once

#include <atomic>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace omnibus {

// Counts a handler and each of its publishes; the last one to end calls `on_end`.
//
// Thread-safety: Begin() by the thread that handles; End() by any. Used again after `on_end` was
// called.
class Effects {
 public:
  // `on_end` is called once for each Start(), on the thread of the last End(); it must not block.
  void Start(void (*on_end)(void* owner), void* owner) {
    on_end_ = on_end;
    owner_ = owner;
    running_.store(1, std::memory_order_relaxed);
  }

  void Begin() { running_.fetch_add(1, std::memory_order_relaxed); }

  void End(absl::Status status) {
    if (EndHere(std::move(status))) on_end_(owner_);
  }

  // As End(), but true instead of the call when it was the last one: the caller goes on by itself.
  bool EndHere(absl::Status status) {
    if (!status.ok()) Fail(std::move(status));
    return running_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  // The first error since the last call, or OK. After `on_end`.
  absl::Status TakeStatus() {
    // Whoever has failed did so before the last one ended.
    if (!failed_.exchange(false, std::memory_order_relaxed)) return absl::OkStatus();
    absl::MutexLock lock(&mu_);
    return std::exchange(status_, absl::OkStatus());
  }

 private:
  void Fail(absl::Status status) {
    failed_.store(true, std::memory_order_relaxed);
    absl::MutexLock lock(&mu_);
    if (status_.ok()) status_ = std::move(status);
  }

  void (*on_end_)(void* owner) = nullptr;
  void* owner_ = nullptr;
  std::atomic<int> running_ = 0;
  std::atomic<bool> failed_ = false;
  absl::Mutex mu_;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
