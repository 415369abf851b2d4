// What becomes of one message at one service: drawn from the seed, so that who handles it and who
// checks it know the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace omnibus::simulation {

// A sack or a loaf, or what is no event at all.
struct Good {
  enum class Kind { kSack, kLoaf, kGarbage } kind = Kind::kSack;
  std::int64_t line = 0;
  std::int64_t number = 0;
  std::int64_t part = 0;

  std::string Name() const;  // "loaf/2/17/0"

  friend auto operator<=>(const Good&, const Good&) = default;
};

struct Lot {
  enum class Fate {
    kFine,
    kFails,                 // some attempts, with an error that may pass
    kThrows,                // likewise
    kFailsAfterPublishing,  // likewise, but what it publishes it has published by then
    kRefuses,               // with an error for good: a dead letter
    kHopeless,              // fails for ever: a dead letter
  };

  Fate fate = Fate::kFine;
  int failures = 0;
  int loaves = 0;  // that it publishes
  absl::Duration work;

  bool dies() const { return fate == Fate::kRefuses || fate == Fate::kHopeless; }
};

// `group` is "mill.miller", ...
Lot DrawLot(std::uint64_t seed, std::string_view group, const Good& good);

}  // namespace omnibus::simulation
