// Sends messages through one producer, and makes callers wait while its queue is full.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bus/pool.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace omnibus {

// Thread-safety: any thread, concurrently.
class Sender {
 public:
  Sender(std::unique_ptr<Producer> producer, Runtime& runtime);

  // Waits for room in the producer's queue, until `deadline`. Then `done` is called exactly once
  // with the outcome, maybe before this returns, on any thread; it must not block. The message is
  // copied before this returns.
  void Send(const OutgoingMessage& message, absl::Time deadline, Completion done);

  // From now on nobody waits for room: who does, or would have to, gets kCancelled as the outcome.
  void StopWaiting();

  // Refuses new messages, and waits for the outcome of those that were sent.
  absl::Status Close(absl::Time deadline);

  LinkHealth Health() const { return producer_->Health(); }

 private:
  // One message between Send() and its outcome. The completion that the producer gets holds just
  // its address, so that it needs no allocation of its own.
  struct Pending {
    Completion done;
  };

  void Finish(Pending* pending, absl::Status status);
  absl::Status WaitForRoom(const OutgoingMessage& message, absl::Time deadline, Pending* pending);

  Runtime& runtime_;
  const std::unique_ptr<Producer> producer_;
  Pool<Pending> pool_;
  std::atomic<bool> impatient_ = false;  // after StopWaiting()
  std::atomic<int> waiting_ = 0;         // publishers that wait for room
  absl::Mutex mu_;
  std::deque<Doorbell*> waiters_ ABSL_GUARDED_BY(mu_);  // first come, first served
};

}  // namespace omnibus
