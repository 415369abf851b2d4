// Draws what happens in a run, from its seed.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "runtime/random.h"

namespace omnibus::simulation {

// Thread-safety: none.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : stream_(seed) {}

  std::uint64_t Next() { return stream_.Next(); }

  bool Chance(double probability) {
    if (probability <= 0) return false;
    return static_cast<double>(Next() >> 11) * 0x1.0p-53 < probability;
  }

  // From `low` to `high`, both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(high - low + 1));
  }

  // In whole microseconds.
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return absl::Microseconds(
        Between(absl::ToInt64Microseconds(low), absl::ToInt64Microseconds(high)));
  }

 private:
  RandomStream stream_;
};

}  // namespace omnibus::simulation
