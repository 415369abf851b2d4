// What a consumer's I/O thread hands to whoever calls Wait(), and what comes back by Settle().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace omnibus::rabbitmq {

// Bounded by the prefetch: the broker sends no more than that many unsettled messages for each
// source.
//
// Thread-safety: any thread, concurrently; one at a time for Wait().
class DeliveryQueue {
 public:
  // `prefetch` is the smallest of the sources'.
  DeliveryQueue(Runtime& runtime, std::size_t sources, std::size_t prefetch);

  // The I/O thread: appends `events`, and empties it. A kLost takes the messages of its epoch out
  // of the queue.
  void Put(std::vector<ConsumerEvent>& events);
  struct Settled {
    DeliveryTag tag;
    bool taken = false;  // by Take(): also where nothing else is acknowledged
  };

  // The I/O thread: takes what was settled since. While messages come (`received`) and go it is
  // woken only for much, since that costs both sides more than a message does, and the broker takes
  // many acknowledgements for the cost of a few: true then, and it has to come again in a moment.
  bool TakeSettled(std::vector<Settled>& settled, bool received);

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events);
  void Interrupt();
  // Returns how many were dropped. Sets `wake` when the I/O thread has to be woken.
  std::size_t Settle(std::span<const DeliveryTag> tags, bool taken, bool& wake);

  // From now on Wait() fails and Settle() drops. What was settled before is still to be taken.
  void Close();

 private:
  struct Source {
    std::uint64_t epoch = 0;  // 0: none is in force
    absl::flat_hash_set<std::int64_t> unsettled;
  };

  bool TakeEvents(std::size_t max_events, std::vector<ConsumerEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Lose(std::uint32_t source, std::uint64_t epoch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::unique_ptr<Doorbell> bell_;
  const std::size_t much_;
  internal::Lock mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool interrupted_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<ConsumerEvent> events_ ABSL_GUARDED_BY(mu_);
  std::size_t first_ ABSL_GUARDED_BY(mu_) = 0;  // those before it were taken
  std::vector<Source> sources_ ABSL_GUARDED_BY(mu_);
  std::vector<Settled> settled_ ABSL_GUARDED_BY(mu_);
  bool looks_again_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace omnibus::rabbitmq
