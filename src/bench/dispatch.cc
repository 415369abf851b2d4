#include "bench/dispatch.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace omnibus::bench {
namespace {

constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kLongestLatencyRun = absl::Seconds(5);

}  // namespace

absl::StatusOr<DispatchResult> MeasureDispatch(const Setup& setup, const Load& load) {
  DispatchResult result;
  Load flat_out = load;
  flat_out.rate = 0;
  absl::StatusOr<ThroughputResult> throughput = MeasureThroughput(setup, Mode::kBoth, flat_out);
  if (!throughput.ok()) return throughput.status();
  result.throughput = *std::move(throughput);

  Load tenth = load;
  tenth.messages = Load::kUnbounded;
  tenth.rate = load.rate > 0 ? load.rate : std::max(1.0, result.throughput.rate / 10);
  tenth.duration = std::min(load.duration, kLongestLatencyRun);
  absl::StatusOr<LatencyResult> latency = MeasureLatency(setup, tenth);
  if (!latency.ok()) return latency.status();
  result.latency = *std::move(latency);

  absl::StatusOr<std::unique_ptr<Bus>> bus =
      OpenBus(setup, [](const void*, Context&) { return absl::OkStatus(); });
  if (!bus.ok()) return bus.status();
  const Moment before = Now(*setup.runtime);
  setup.runtime->SleepUntil(before.time + kIdle);
  const Moment after = Now(*setup.runtime);
  if (absl::Status closed = (*bus)->Close(); !closed.ok()) return closed;
  result.idle_seconds = absl::ToDoubleSeconds(after.time - before.time);
  result.idle_cpu_seconds = after.cpu_seconds - before.cpu_seconds;
  return result;
}

}  // namespace omnibus::bench
