#include "bench/latency.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/numbers.h"
#include "bench/tally.h"

namespace omnibus::bench {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(100);
constexpr absl::Duration kLongestWarmUp = absl::Seconds(1);

// For the last ones of a bus that carries the load, on a machine that is late.
constexpr absl::Duration kGrace = absl::Milliseconds(500);

// One for each event, made before the first is published.
struct Times {
  std::atomic<std::int64_t> due_ns = 0;
  std::atomic<std::int64_t> took_ns = -1;  // -1: not handled
};

}  // namespace

absl::StatusOr<LatencyResult> MeasureLatency(const Setup& setup, const Load& load) {
  Runtime& runtime = *setup.runtime;
  LatencyResult result;
  absl::StatusOr<std::size_t> bytes = setup.sample->BodyBytes(setup.dialect);
  if (!bytes.ok()) return bytes.status();
  result.body_bytes = *bytes;
  result.rate = load.rate;

  Load bounded = load;
  bounded.messages = std::min<std::int64_t>(
      load.messages, std::llround(load.rate * absl::ToDoubleSeconds(load.duration)));
  bounded.give_up_after = load.duration + kGrace;
  bounded.duration = absl::InfiniteDuration();
  std::vector<Times> times(static_cast<std::size_t>(bounded.messages));
  const std::uint64_t run = runtime.Random();
  Tally tally(run, bounded.messages);
  const std::unique_ptr<Doorbell> doorbell = runtime.NewDoorbell();
  Meter confirmed(runtime, *doorbell), delivered(runtime, *doorbell);
  delivered.SetTarget(bounded.messages);
  std::atomic<std::int64_t> duplicated = 0;

  const auto handle = [&](const void*, Context& context) {
    const std::int64_t now = absl::ToUnixNanos(runtime.Now());
    const Tally::Arrival arrival = tally.Add(context.metadata().id);
    if (arrival == Tally::Arrival::kAgain) ++duplicated;
    if (arrival != Tally::Arrival::kFirst) return absl::OkStatus();
    Times& event = times[SequenceOf(context.metadata().id)];
    event.took_ns = now - event.due_ns;
    delivered.Add();
    return absl::OkStatus();
  };
  absl::StatusOr<std::unique_ptr<Bus>> bus = OpenBus(setup, handle);
  if (!bus.ok()) return bus.status();

  Publishers publishers(setup, **bus, bounded, run, confirmed,
                        [&](std::int64_t sequence, absl::Time due) {
                          times[static_cast<std::size_t>(sequence)].due_ns = absl::ToUnixNanos(due);
                        });
  const Moment start = Now(runtime);
  publishers.Start();
  absl::Time moved = start.time;
  std::int64_t before = -1;
  while (!setup.stop.stop_requested()) {
    const bool all_known =
        publishers.finished() && confirmed.count() + publishers.failed() >= publishers.published();
    if (all_known && delivered.count() >= confirmed.count()) break;
    doorbell->Wait(runtime.Now() + kStep);
    if (setup.progress) {
      setup.progress(absl::StrFormat("%5.1f s  delivered %s of %s",
                                     absl::ToDoubleSeconds(runtime.Now() - start.time),
                                     Thousands(delivered.count()), Thousands(bounded.messages)));
    }
    if (delivered.count() != before || !publishers.finished()) moved = runtime.Now();
    before = delivered.count();
    if (runtime.Now() >= moved + setup.timeout) break;
  }
  publishers.Stop();
  publishers.Join();
  const Moment end = Now(runtime);
  const absl::Status closed = (*bus)->Close();
  if (setup.stop.stop_requested()) return absl::CancelledError("stopped by a signal");
  if (!closed.ok()) return closed;

  result.messages = publishers.published();
  result.missed = bounded.messages - result.messages;
  result.failure = publishers.failure();
  result.seconds = absl::ToDoubleSeconds(end.time - start.time);
  result.cpu_seconds = end.cpu_seconds - start.cpu_seconds;
  result.confirmed = confirmed.count();
  result.duplicated = duplicated;
  result.delivered = delivered.count() + result.duplicated;
  result.lost = std::max<std::int64_t>(0, result.confirmed - delivered.count());
  const auto warm_up =
      static_cast<std::size_t>(std::min(static_cast<double>(bounded.messages) / 10,
                                        load.rate * absl::ToDoubleSeconds(kLongestWarmUp)));
  for (std::size_t i = warm_up; i < times.size(); ++i) {
    if (times[i].took_ns < 0) continue;
    result.sorted_us.push_back(static_cast<double>(times[i].took_ns) / 1000);
  }
  std::sort(result.sorted_us.begin(), result.sorted_us.end());
  result.p50_us = Quantile(result.sorted_us, 0.5);
  result.p90_us = Quantile(result.sorted_us, 0.9);
  result.p99_us = Quantile(result.sorted_us, 0.99);
  result.p999_us = Quantile(result.sorted_us, 0.999);
  result.max_us = Quantile(result.sorted_us, 1);
  return result;
}

}  // namespace omnibus::bench
