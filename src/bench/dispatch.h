// What the bus itself costs, with no broker: typed events over the memory transport, end to end.
#pragma once

#include "absl/status/statusor.h"
#include "bench/bench_bus.h"
#include "bench/latency.h"
#include "bench/throughput.h"

namespace omnibus::bench {

struct DispatchResult {
  ThroughputResult throughput;
  LatencyResult latency;  // at a tenth of that rate, or at the load's own
  double idle_seconds = 0;
  double idle_cpu_seconds = 0;  // of the open bus while nothing happens
};

absl::StatusOr<DispatchResult> MeasureDispatch(const Setup& setup, const Load& load);

}  // namespace omnibus::bench
