// A point in time as events carry it: nanoseconds since 1970-01-01T00:00:00Z, UTC, without leap
// seconds.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omnibus {

// Holds the years 1678 to 2261.
struct Timestamp {
  std::int64_t nanoseconds = 0;

  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

inline absl::Time ToTime(Timestamp timestamp) { return absl::FromUnixNanos(timestamp.nanoseconds); }

// Saturates outside of the years that a Timestamp holds.
inline Timestamp ToTimestamp(absl::Time time) { return {absl::ToUnixNanos(time)}; }

// RFC 3339 in UTC with `Z`, with 0, 3, 6 or 9 fractional digits: as few as hold the value.
std::string ToString(Timestamp timestamp);

// Reads RFC 3339: any offset (taken to UTC), small `t` and `z`, 1 to 9 fractional digits, a leap
// second (read as the second after it). kInvalidArgument, saying what is wrong, for anything else,
// or out of range.
absl::StatusOr<Timestamp> ParseTimestamp(std::string_view text);

}  // namespace omnibus
