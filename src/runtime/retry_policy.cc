#include "omnibus/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace omnibus {

absl::Duration RetryPolicy::DelayAfter(int attempt, std::uint64_t random) const {
  if (first_delay <= absl::ZeroDuration()) return absl::ZeroDuration();
  // The power may be infinite for a late attempt; a Duration takes that.
  const double growth = std::pow(factor, std::max(attempt, 1) - 1);
  const absl::Duration delay = std::min(first_delay * growth, max_delay);
  const double spread = static_cast<double>(random >> 11) * 0x1.0p-52 - 1;  // -1 to below 1
  return std::max(delay * (1 + jitter * spread), absl::ZeroDuration());
}

bool CanRetry(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace omnibus
