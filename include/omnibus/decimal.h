// An exact decimal number, for money. No binary floating point anywhere near it.
#pragma once

#include <cassert>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace omnibus {

// units * 10^-scale. Kept normalized (no trailing zeros: 31.50 is {315, 1}; zero is {0, 0}), so
// that equal numbers are equal member by member. |units| < 2^63, 0 <= scale <= 18.
class Decimal {
 public:
  constexpr Decimal() = default;

  // units * 10^-scale; scale is 0 to 18.
  static constexpr Decimal FromUnits(std::int64_t units, int scale) {
    assert(scale >= 0 && scale <= 18 && units != std::numeric_limits<std::int64_t>::min());
    while (scale > 0 && units % 10 == 0) {
      units /= 10;
      --scale;
    }
    return Decimal(units, scale);
  }

  std::int64_t units() const { return units_; }
  int scale() const { return scale_; }

  // Exact; kOutOfRange when the result cannot be held.
  absl::StatusOr<Decimal> Plus(Decimal other) const;
  absl::StatusOr<Decimal> Times(std::int64_t factor) const;

  friend bool operator==(Decimal, Decimal) = default;
  friend std::strong_ordering operator<=>(Decimal a, Decimal b);  // by value

 private:
  constexpr Decimal(std::int64_t units, int scale) : units_(units), scale_(scale) {}

  std::int64_t units_ = 0;
  int scale_ = 0;
};

// A JSON number without exponent and without trailing zeros: 31.5, 2, -0.05.
std::string ToString(Decimal decimal);

// Reads a JSON number (`2.0` and `2e0` are 2). kInvalidArgument when it is none; kOutOfRange when
// it cannot be held exactly (30.999999999999999999, 1e400): nothing is ever rounded.
absl::StatusOr<Decimal> ParseDecimal(std::string_view text);

}  // namespace omnibus
