// How long an event takes from Publish() to its handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/bench_bus.h"
#include "bench/publishers.h"

namespace omnibus::bench {

struct LatencyResult {
  std::int64_t messages = 0;  // published
  std::int64_t missed = 0;    // not published in time: the bus does not carry that load
  std::size_t body_bytes = 0;
  double rate = 0;         // asked for, messages a second
  double seconds = 0;      // of the measurement
  double cpu_seconds = 0;  // of this process in that time
  std::int64_t confirmed = 0;
  std::int64_t delivered = 0;
  std::int64_t lost = 0;
  std::int64_t duplicated = 0;
  double p50_us = 0, p90_us = 0, p99_us = 0, p999_us = 0, max_us = 0;
  std::vector<double> sorted_us;  // each event's, without those of the first tenth
  std::string failure;
};

// Publishes at load.rate for load.duration; both are finite. An event's time starts when it was
// due, so that what waits for a bus that stands still is counted. What could not be published by
// the end of the time never is. The first tenth of the time (at most 1 s) is left out: connections
// and buffers warm up in it.
absl::StatusOr<LatencyResult> MeasureLatency(const Setup& setup, const Load& load);

}  // namespace omnibus::bench
