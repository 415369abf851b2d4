// What callers hand to a publisher's I/O thread, and what they wait for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "transports/rabbitmq/publish_record.h"
#include "transports/rabbitmq/waiters.h"

namespace omnibus::rabbitmq {

// An outcome that was found, and has yet to be told.
struct Outcome {
  Completion done;
  absl::Status status;
  std::size_t bytes = 0;
  std::uint64_t generation = 0;
  PublishRecordPtr record;  // to be reused; null: it is still in the window
};

// Bounded by messages and bytes that have no outcome.
//
// Thread-safety: any thread, concurrently.
class SendQueue {
 public:
  SendQueue(Runtime& runtime, std::size_t max_messages, std::size_t max_bytes)
      : runtime_(runtime), max_messages_(max_messages), max_bytes_(max_bytes) {}

  // A record to fill; Push() or Return() it.
  PublishRecordPtr NewRecord();
  void Return(PublishRecordPtr record);

  // Takes the record when it returns OK; sets `wake` when the I/O thread has to be woken. Else it
  // is left alone: kResourceExhausted, kFailedPrecondition.
  absl::Status Push(PublishRecordPtr& record, bool& wake);

  // Appends all that was pushed.
  void TakeAll(std::vector<PublishRecordPtr>& records);

  // Calls the completions, and empties `outcomes`. On the I/O thread, without a lock.
  void Tell(std::vector<Outcome>& outcomes);

  // From now on Push() refuses.
  void Close();

  // Waits until all that was pushed before has been told its outcome. False: not by `deadline`.
  bool AwaitOutcomes(absl::Time deadline);

 private:
  void Recycle(PublishRecordPtr record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Runtime& runtime_;
  const std::size_t max_messages_;
  const std::size_t max_bytes_;

  internal::Lock mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<PublishRecordPtr> pushed_ ABSL_GUARDED_BY(mu_);
  std::vector<PublishRecordPtr> free_ ABSL_GUARDED_BY(mu_);
  std::size_t messages_ ABSL_GUARDED_BY(mu_) = 0;
  std::size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;

  // A flush waits for the messages of its generation and all before it, and begins a new one: so it
  // ends although others go on publishing. Counts of messages without outcome, the oldest
  // generation first.
  std::deque<std::size_t> without_outcome_ ABSL_GUARDED_BY(mu_) = {0};
  std::uint64_t oldest_generation_ ABSL_GUARDED_BY(mu_) = 0;
  Waiters waiters_;  // locks mu_ by itself
};

}  // namespace omnibus::rabbitmq
