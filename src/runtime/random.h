// Pseudo-random numbers: fast, not for secrets.
#pragma once

#include <array>
#include <cstdint>

namespace omnibus {

// xoshiro256**, filled from one seed by splitmix64: the same seed gives the same numbers.
//
// Thread-safety: none.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed);

  std::uint64_t Next();

 private:
  std::array<std::uint64_t, 4> state_;
};

// From a stream of the calling thread's own, seeded by the machine.
std::uint64_t ThreadRandom();

}  // namespace omnibus
