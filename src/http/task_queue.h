// Threads for requests, by the Runtime.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/runtime.h"

namespace omnibus {

// Thread-safety: any thread, concurrently; Shutdown() once, not from a task.
class TaskQueue {
 public:
  TaskQueue(Runtime& runtime, int threads);

  void Enqueue(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mu_);

  // Runs what is queued, and joins the threads.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Work() ABSL_LOCKS_EXCLUDED(mu_);

  const std::unique_ptr<Doorbell> doorbell_;
  std::vector<std::unique_ptr<Thread>> threads_;

  absl::Mutex mu_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace omnibus
