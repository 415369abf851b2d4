#include "http/task_queue.h"

#include <utility>

#include "absl/time/time.h"

namespace omnibus {

TaskQueue::TaskQueue(Runtime& runtime, int threads) : doorbell_(runtime.NewDoorbell()) {
  for (int i = 0; i < threads; ++i) {
    threads_.push_back(runtime.Spawn("http-worker", [this] { Work(); }));
  }
}

void TaskQueue::Enqueue(std::function<void()> task) {
  {
    absl::MutexLock lock(&mu_);
    tasks_.push_back(std::move(task));
  }
  doorbell_->Ring();
}

void TaskQueue::Shutdown() {
  {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }
  doorbell_->Ring();
  for (const std::unique_ptr<Thread>& thread : threads_) thread->Join();
}

void TaskQueue::Work() {
  while (true) {
    std::function<void()> task;
    bool ended = false;
    bool more = false;
    {
      absl::MutexLock lock(&mu_);
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      } else {
        ended = closed_;
      }
      more = !tasks_.empty() || closed_;
    }
    // A ring wakes one waiter and is remembered once: whoever wakes and leaves something passes it
    // on.
    if (more) doorbell_->Ring();
    if (ended) return;
    if (task != nullptr) {
      task();
    } else {
      doorbell_->Wait(absl::InfiniteFuture());
    }
  }
}

}  // namespace omnibus
