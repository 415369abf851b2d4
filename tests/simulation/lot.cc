#include "tests/simulation/lot.h"

#include "absl/strings/str_cat.h"
#include "tests/simulation/dice.h"

namespace omnibus::simulation {

std::string Good::Name() const {
  switch (kind) {
    case Kind::kSack:
      return absl::StrCat("sack/", line, "/", number);
    case Kind::kLoaf:
      return absl::StrCat("loaf/", line, "/", number, "/", part);
    case Kind::kGarbage:
      return absl::StrCat("garbage/", number);
  }
  return "";
}

Lot DrawLot(std::uint64_t seed, std::string_view group, const Good& good) {
  std::uint64_t mixed = seed * 0x9E3779B97F4A7C15u;
  for (const char c : group) mixed = (mixed ^ static_cast<unsigned char>(c)) * 1099511628211u;
  mixed ^= static_cast<std::uint64_t>(good.number * 4099 + good.part * 31 + good.line);
  Dice dice(mixed);
  Lot lot;
  const std::int64_t fate = dice.Between(0, 99);
  if (fate >= 97) {
    lot.fate = Lot::Fate::kHopeless;
  } else if (fate >= 94) {
    lot.fate = Lot::Fate::kRefuses;
  } else if (fate >= 90) {
    lot.fate = Lot::Fate::kFailsAfterPublishing;
  } else if (fate >= 87) {
    lot.fate = Lot::Fate::kThrows;
  } else if (fate >= 80) {
    lot.fate = Lot::Fate::kFails;
  }
  lot.failures = static_cast<int>(dice.Between(1, 3));
  if (group == "mill.miller") lot.loaves = static_cast<int>(dice.Between(0, 2));
  const std::int64_t work = dice.Between(0, 99);
  // At some mills much is slow: whatever is taken from them is taken while they work.
  if (work >= (seed % 5 == 0 ? 85 : 97)) {
    const absl::Duration longest = work == 99 ? absl::Seconds(8) : absl::Seconds(3);
    lot.work = dice.Between(absl::Milliseconds(200), longest);
  } else if (work >= 50) {
    lot.work = dice.Between(absl::Milliseconds(1), absl::Milliseconds(40));
  }
  return lot;
}

}  // namespace omnibus::simulation
