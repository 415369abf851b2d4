// In steady state a message takes nothing from the heap on its way from publish to settle.
#include <atomic>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "omnibus/bus.h"
#include "omnibus/configuration.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"
#include "omnibus/transports/memory.h"
#include "tests/core/bus/workshop.h"
#include "tests/support/allocation_counter.h"

namespace omnibus {
namespace {

using workshop::Joiner;
using workshop::Ordered;

constexpr int kRound = 1000;

TEST(MemoryAllocations, AMessageMakesNoneInSteadyState) {
  Runtime& runtime = SystemRuntime();
  const std::unique_ptr<Doorbell> done = runtime.NewDoorbell();
  std::atomic<int> handled = 0;
  absl::StatusOr<Setting> configuration =
      ParseSettings("transports: {memory: {history_bytes: 2097152}}", "test");
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  BusOptions options;
  options.configuration = *configuration;
  options.transports = {MakeMemoryPlugin()};
  options.events = {&EventTypeOf<Ordered>()};
  options.modules.push_back(std::make_unique<Joiner>([&](const Ordered&, Context&) -> absl::Status {
    if ((handled.fetch_add(1) + 1) % kRound == 0) done->Ring();
    return absl::OkStatus();
  }));
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  ASSERT_TRUE(bus.ok()) << bus.status();

  // What is in flight never gets more than one round.
  int published = 0;
  const auto publish = [&](int rounds) {
    for (int i = 0; i < rounds * kRound; ++i) {
      const Ordered event{.bench = published % 64, .what = "chair"};
      (*bus)->PublishAsync(event, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
      if (++published % kRound != 0) continue;
      while (handled < published) ASSERT_TRUE(done->Wait(runtime.Now() + absl::Seconds(30)));
    }
  };
  publish(20);  // queues, pools and the history grow
  const std::int64_t before = testing::AllocationsOfAll();
  publish(20);
  // What keys the inbox remembers grows, in a few large steps; the rest is for a message now and
  // then whose memory was still in use.
  EXPECT_LE(testing::AllocationsOfAll() - before, 20 * kRound / 50);
  EXPECT_TRUE((*bus)->Close().ok());
}

}  // namespace
}  // namespace omnibus
