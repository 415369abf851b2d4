// When a message whose handler failed is handled again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace omnibus {

struct RetryPolicy {
  int attempts = 5;  // in all, the first included; 1: no retry
  absl::Duration first_delay = absl::Milliseconds(100);
  double factor = 2;  // each delay is that many times the one before it
  absl::Duration max_delay = absl::Seconds(30);
  double jitter = 0.2;  // each delay is spread by that fraction to either side
  // Up to this, a message waits in the process. Longer, it goes to the group's retry queue at the
  // broker, so that it and its attempts outlive the process.
  absl::Duration in_place = absl::Seconds(5);
  std::size_t limit = 10'000;  // most messages of a module that are put off in that way at a time

  // The delay after `attempt` (from 1) has failed. `random` is 64 random bits.
  absl::Duration DelayAfter(int attempt, std::uint64_t random) const;
};

// Whether a handler's error may pass by itself: kUnavailable, kAborted, kDeadlineExceeded,
// kResourceExhausted, kInternal, kUnknown. All others are for good.
bool CanRetry(const absl::Status& status);

}  // namespace omnibus
