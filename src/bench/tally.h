// Which events of a run have arrived.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/uuid.h"

namespace omnibus::bench {

// The id of a run's event number `sequence`: a version-4 UUID whose random part says both.
Uuid IdOf(std::uint64_t run, std::uint64_t sequence);
// Of an id of ours.
std::uint64_t RunOf(const Uuid& id);
std::uint64_t SequenceOf(const Uuid& id);

// Thread-safety: any thread, concurrently.
class Tally {
 public:
  enum class Arrival { kFirst, kAgain, kForeign };

  // Events of `run` count; without one, those of every run do. Of one run, the numbers below
  // `expected` are counted without a lock.
  Tally(std::optional<std::uint64_t> run, std::int64_t expected);

  Arrival Add(const Uuid& id);

 private:
  const bool any_run_;
  std::atomic<std::uint64_t> run_;  // 0: none yet
  std::vector<std::atomic<std::uint64_t>> bits_;
  absl::Mutex mu_;
  absl::flat_hash_set<std::pair<std::uint64_t, std::uint64_t>> others_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::bench
