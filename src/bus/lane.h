// Messages of a module that wait for a worker, in the order of their keys.
#pragma once

#include <cstdint>
#include <span>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "bus/delivery.h"
#include "omnibus/internal/lock.h"
#include "omnibus/internal/ring.h"

namespace omnibus {

// One of several over which the keys of a module are spread, so that no lock is shared by all.
//
// Two rules. At most one message of a key is ready or being handled at a time, whichever channels
// its messages come from. And one that waits for its retry lets none of its own channel pass, but
// others do: order is a promise within a channel, and a handler that waits by its retries for what
// comes on another channel under the same key must not hold that up itself. Two keys with the same
// hash count as one: that costs nothing but a wait.
//
// Thread-safety: any thread, concurrently.
class Lane {
 public:
  // Adds what was received, in order. Returns how many of them are ready at once.
  std::size_t Add(std::span<Delivery* const> deliveries);

  // Takes the next one that is ready; null: none.
  Delivery* Take();

  // One that was taken goes on: its next stage.
  void Resume(Delivery* delivery);

  // One that was taken waits for something, and goes on later. What follows it in its order waits
  // behind it. True when something else of its key is ready now.
  bool Pause(Delivery* delivery);

  // One that was paused is ready again. False: not yet, another one of its key is being handled;
  // then it follows as the first.
  bool Continue(Delivery* delivery);

  // One that was taken lets the next one of its key go. True when there was one.
  bool End(Delivery* delivery);

 private:
  struct Key {
    Delivery* first = nullptr;  // of those that wait, in the order of arrival
    Delivery* last = nullptr;
    bool busy = true;                               // one of them is ready, or being handled
    absl::InlinedVector<std::uint64_t, 1> pausing;  // the chains of those that are paused
  };
  using Keys = absl::flat_hash_map<std::uint64_t, Key>;

  // The key's place is free: the next one takes it.
  bool Free(Keys::iterator key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  internal::Lock mu_;
  internal::Ring<Delivery*> ready_ ABSL_GUARDED_BY(mu_);
  Keys keys_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
