// How many events a second a bus carries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/bench_bus.h"
#include "bench/publishers.h"

namespace omnibus::bench {

enum class Mode { kPublish, kConsume, kBoth };
std::string_view ModeName(Mode mode);  // "publish", "consume", "both"

// Counts at one time.
struct Progress {
  double seconds = 0;
  std::int64_t confirmed = 0;
  std::int64_t delivered = 0;
};

struct ThroughputResult {
  Mode mode = Mode::kBoth;
  std::int64_t messages = 0;  // published; consuming: expected, or what came
  std::size_t body_bytes = 0;
  double seconds =
      0;            // from the first publish (consuming: delivery) to the last confirm (delivery)
  double rate = 0;  // messages a second in that time
  double cpu_seconds = 0;  // of this process in that time
  std::int64_t confirmed = 0;
  std::int64_t delivered = 0;   // all that came, duplicates too
  std::int64_t lost = 0;        // confirmed (consuming: expected) and not delivered in time
  std::int64_t duplicated = 0;  // delivered more than once
  std::vector<Progress> series;
  std::string failure;  // why something was not confirmed
};

// Publishes load.messages or for load.duration, or consumes as many or as long (from the first that
// comes), or does both. Lost is what did not come while setup.timeout passed without any delivery.
// Consuming counts the events of every run.
absl::StatusOr<ThroughputResult> MeasureThroughput(const Setup& setup, Mode mode, const Load& load);

}  // namespace omnibus::bench
