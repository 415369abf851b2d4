// Publishing allocates nothing by itself, once its buffers have grown.
#include <memory>
#include <utility>
#include <vector>

#include "bus/effects.h"
#include "bus/event_publisher.h"
#include "bus/handler_context.h"
#include "bus/plan.h"
#include "bus/sender.h"
#include "bus/sync_publish.h"
#include "gtest/gtest.h"
#include "tests/core/bus/workshop.h"
#include "tests/support/allocation_counter.h"

namespace omnibus {
namespace {

// Confirms at once.
class InstantProducer final : public Producer {
 public:
  absl::Status Send(const OutgoingMessage&, absl::Time, Completion done) override {
    ++sent_;
    done(absl::OkStatus());
    return absl::OkStatus();
  }
  absl::Status Flush(absl::Time) override { return absl::OkStatus(); }
  absl::Status Close(absl::Time) override { return absl::OkStatus(); }
  LinkHealth Health() const override { return {.healthy = true, .detail = ""}; }

  int sent() const { return sent_; }

 private:
  int sent_ = 0;
};

class Allocations : public ::testing::Test {
 protected:
  static constexpr int kTimes = 1000;

  Allocations() {
    auto producer = std::make_unique<InstantProducer>();
    producer_ = producer.get();
    sender_ = std::make_unique<Sender>(std::move(producer), SystemRuntime());
    publisher_.AddTransport("memory", sender_.get(), Capabilities());
  }

  static Plan MakePlanOrDie() {
    const std::vector<TransportPlugin> plugins = {{.kind = "memory", .make = nullptr}};
    absl::StatusOr<Plan> plan =
        MakePlan(Setting(), plugins, {},
                 {&EventTypeOf<workshop::Made>(), &EventTypeOf<workshop::Ordered>()});
    EXPECT_TRUE(plan.ok()) << plan.status();
    return *std::move(plan);
  }

  // How many allocations `kTimes` of `work` make, after some that let buffers grow.
  template <typename Work>
  static int Count(Work work) {
    for (int i = 0; i < 10; ++i) work();
    const int before = testing::AllocationsSoFar();
    for (int i = 0; i < kTimes; ++i) work();
    return testing::AllocationsSoFar() - before;
  }

  const Plan plan_ = MakePlanOrDie();
  EventPublisher publisher_{plan_, SystemRuntime(), /*observer=*/nullptr};
  std::unique_ptr<Sender> sender_;
  InstantProducer* producer_ = nullptr;
  const workshop::Made event_{.bench = 7, .what = "a chair with four legs and a back to lean on"};
};

// Not by an expression: a compiler may leave out a pair of those.
TEST_F(Allocations, TheCounterCounts) {
  EXPECT_EQ(Count([] { ::operator delete(::operator new(1)); }), kTimes);
}

TEST_F(Allocations, PublishingAndWaitingMakesNone) {
  PublishOptions options;
  options.key = "a key that does not fit into a string without an allocation";
  EXPECT_EQ(Count([&] {
              EXPECT_TRUE(PublishAndWait(publisher_, SystemRuntime(), EventTypeOf<workshop::Made>(),
                                         &event_, options)
                              .ok());
            }),
            0);
  EXPECT_EQ(producer_->sent(), kTimes + 10);
}

TEST_F(Allocations, PublishingFromAHandlerMakesNone) {
  const std::atomic<bool> cancelled = false;
  ModuleIdentity module;
  module.domain = "workshop";
  module.module = "joiner";
  module.group = "workshop.joiner";
  module.publishes = {&EventTypeOf<workshop::Made>()};
  module.runtime = &SystemRuntime();
  module.publisher = &publisher_;
  module.cancelled = &cancelled;
  Metadata cause;
  cause.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  Effects effects;
  EXPECT_EQ(Count([&] {
              effects.Start(
                  +[](void*) {}, nullptr);
              HandlerContext context(module, /*timer=*/{}, cause, /*attempt=*/1, effects);
              EXPECT_TRUE(context.Publish(event_).ok());
              EXPECT_TRUE(context.Publish(event_).ok());
              effects.End(absl::OkStatus());
              EXPECT_TRUE(effects.TakeStatus().ok());
            }),
            0);
  EXPECT_EQ(producer_->sent(), 2 * (kTimes + 10));
}

}  // namespace
}  // namespace omnibus
