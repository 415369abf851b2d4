#include "runtime/steady_clock.h"

#include "absl/time/clock.h"

namespace omnibus {
namespace {

struct Origin {
  absl::Time wall = absl::Now();
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
};

const Origin& GetOrigin() {
  static const Origin origin;
  return origin;
}

// Read before main(), so that time starts with the process and not with its first question.
[[maybe_unused]] const Origin& origin_at_start = GetOrigin();

}  // namespace

absl::Time SteadyNow() {
  const Origin& origin = GetOrigin();
  return origin.wall + absl::FromChrono(std::chrono::steady_clock::now() - origin.steady);
}

std::chrono::steady_clock::time_point ToSteadyClock(absl::Time deadline) {
  // A wait is computed from it by adding, so stay far from where nanoseconds in 64 bits overflow.
  constexpr absl::Duration kFarthest = absl::Hours(24 * 365 * 50);
  const Origin& origin = GetOrigin();
  absl::Duration offset = deadline - origin.wall;
  if (offset > kFarthest) offset = kFarthest;
  if (offset < absl::ZeroDuration()) offset = absl::ZeroDuration();
  return origin.steady + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                             absl::ToChronoNanoseconds(offset));
}

}  // namespace omnibus
