// Messages of a module that wait for a worker, in the order of their keys.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "bus/delivery.h"

namespace omnibus {

// One of several over which the keys of a module are spread, so that no lock is shared by all. At
// most one message of a key is ready or being handled at a time; those behind it wait for its end.
// Two keys with the same hash count as one: that costs nothing but a wait.
//
// Thread-safety: any thread, concurrently.
class Lane {
 public:
  // Adds what was received, in order. Returns how many of them are ready at once.
  std::size_t Add(std::span<Delivery* const> deliveries);

  // Takes the next one that is ready; null: none.
  Delivery* Take();

  // One that was taken goes on: its next stage, or its next attempt.
  void Resume(Delivery* delivery);

  // One that was taken, or is held back, lets the next one of its key go. True when there was one.
  bool End(Delivery* delivery);

 private:
  struct Key {
    Delivery* last;  // of those that wait behind the one that was taken
  };

  absl::Mutex mu_;
  std::deque<Delivery*> ready_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::uint64_t, Key> keys_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
