// How long to wait before the next attempt.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "omnibus/transports/rabbitmq.h"

namespace omnibus::rabbitmq {

// A connection or channel that is lost sooner than this counts as a failed attempt: what opens and
// dies at once must not be made again without a pause.
inline constexpr absl::Duration kStable = absl::Seconds(2);

// Zero without failures, then doubled up to the maximum. A quarter to either side: clients that
// were cut off together shall not come back together. `random` is 64 random bits.
inline absl::Duration ReconnectDelay(const RabbitMqOptions& options, int failures,
                                     std::uint64_t random) {
  if (failures == 0) return absl::ZeroDuration();
  absl::Duration delay = options.reconnect_first_delay;
  for (int i = 1; i < failures && delay < options.reconnect_max_delay; ++i) delay *= 2;
  delay = std::min(delay, options.reconnect_max_delay);
  const double spread = static_cast<double>(random >> 11) * 0x1p-53;
  return delay * (0.75 + 0.5 * spread);
}

}  // namespace omnibus::rabbitmq
