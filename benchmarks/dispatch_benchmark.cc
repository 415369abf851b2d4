// What the bus costs without a broker: messages a second through publisher, memory transport,
// lanes, handler, settle and watermark; the allocations that a message makes in steady state;
// latency at a tenth of that load; and the CPU of an idle bus. `tick` is an event of one integer,
// so that next to nothing is its codec; `order` is M2, encoded and decoded.
//
//   benchmark_dispatch [MESSAGES [ROUNDS]]     a line of JSON for each event and round
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "bench/dispatch.h"
#include "bench/sample.h"
#include "domains/bookstore/events.h"
#include "omnibus/codec.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/spdlog.h"

namespace {
std::atomic<std::int64_t> allocations = 0;
}  // namespace

// Of this executable alone. Arrays and the forms that do not throw come here by themselves.
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace ticks {

inline constexpr omnibus::DomainName kTicks = {.name = "ticks", .services = {"clock", "watcher"}};

struct Tick {
  std::int64_t number;
};

}  // namespace ticks

template <>
inline constexpr omnibus::Contract omnibus::contract<ticks::Tick> = {.type = "tick",
                                                                     .channel = "ticks.events",
                                                                     .domain = &ticks::kTicks,
                                                                     .publisher = "clock",
                                                                     .consumers = {"watcher"}};

template struct omnibus::Codec<ticks::Tick>;

namespace {

using omnibus::bench::DispatchResult;
using omnibus::bench::Load;
using omnibus::bench::Sample;
using omnibus::bench::Setup;
using omnibus::bench::ThroughputResult;

void Fail(const absl::Status& status) {
  std::fprintf(stderr, "benchmark_dispatch: %s\n", std::string(status.message()).c_str());
  std::exit(1);
}

// Allocations of a whole run, buses opened and closed included; at a rate that it keeps up with:
// what waits in the log needs memory, as long as it waits.
std::int64_t AllocationsOf(const Setup& setup, std::int64_t messages, double rate) {
  Load load;
  load.rate = rate;
  load.messages = messages;
  load.keys = 64;
  const std::int64_t before = allocations;
  absl::StatusOr<ThroughputResult> result =
      omnibus::bench::MeasureThroughput(setup, omnibus::bench::Mode::kBoth, load);
  if (!result.ok()) Fail(result.status());
  return allocations - before;
}

void Measure(const std::string& name, const omnibus::EventType& event, std::int64_t messages,
             int round) {
  absl::StatusOr<std::unique_ptr<Sample>> sample =
      Sample::Make(event, "", omnibus::bench::ChannelFor(event));
  if (!sample.ok()) Fail(sample.status());
  Setup setup;
  setup.transports = omnibus::DefaultTransports();
  setup.transport = "memory";
  setup.sample = sample->get();
  setup.runtime = &omnibus::SystemRuntime();
  setup.log = spdlog::default_logger();
  Load load;
  load.messages = messages;
  absl::StatusOr<DispatchResult> result = omnibus::bench::MeasureDispatch(setup, load);
  if (!result.ok()) Fail(result.status());
  // What opening a bus and growing its buffers takes is in both.
  const double rate = result->throughput.rate / 2;
  const std::int64_t some = AllocationsOf(setup, messages, rate);
  const std::int64_t twice = AllocationsOf(setup, 2 * messages, rate);
  std::printf(
      "{\"bench\":\"dispatch\",\"event\":\"%s\",\"round\":%d,\"messages\":%lld,\"body_bytes\":%zu,"
      "\"rate\":%.0f,\"cpu_us\":%.4f,\"allocations\":%.4f,\"latency_rate\":%.0f,\"p50_us\":%.1f,"
      "\"p999_us\":%.1f,\"idle_cpu\":%.6f}\n",
      name.c_str(), round, static_cast<long long>(messages), result->throughput.body_bytes,
      result->throughput.rate,
      1e6 * result->throughput.cpu_seconds / static_cast<double>(result->throughput.messages),
      static_cast<double>(twice - some) / static_cast<double>(messages), result->latency.rate,
      result->latency.p50_us, result->latency.p999_us,
      result->idle_cpu_seconds / result->idle_seconds);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::err);
  const std::int64_t messages = argc > 1 ? std::atoll(argv[1]) : 500'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  for (int round = 0; round < rounds; ++round) {
    Measure("tick", omnibus::EventTypeOf<ticks::Tick>(), messages, round);
    Measure("order", omnibus::EventTypeOf<bookstore::OrderCreated>(), messages, round);
  }
}
