// What a stop leaves: nothing lost, nothing done twice that was finished.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/testing.h"
#include "omnibus/transports/memory.h"
#include "tests/core/bus/workshop.h"

namespace {

using workshop::Joiner;
using workshop::Made;
using workshop::Ordered;

omnibus::TestBusOptions On(std::shared_ptr<omnibus::MemoryBroker> broker) {
  omnibus::TestBusOptions options;
  options.broker = std::move(broker);
  return options;
}

class DrainTest : public ::testing::Test {
 protected:
  // What a second bus on the same broker is given.
  std::vector<std::string> DeliveredAfterwards() {
    std::vector<std::string> delivered;
    omnibus::TestBus bus(std::make_unique<Joiner>([&](const Ordered& order, omnibus::Context&) {
                           delivered.push_back(order.what);
                           return absl::OkStatus();
                         }),
                         On(broker_));
    bus.Advance(absl::Minutes(1));
    return delivered;
  }

  const std::shared_ptr<omnibus::MemoryBroker> broker_ = omnibus::MakeMemoryBroker();
};

TEST_F(DrainTest, ARunningHandlerEndsAndWhatItPublishedIsConfirmed) {
  omnibus::TestBus bus(
      std::make_unique<Joiner>([](const Ordered& order, omnibus::Context& context) {
        context.runtime().SleepUntil(context.runtime().Now() + absl::Seconds(5));
        return context.Publish(Made{order.bench, order.what});
      }),
      On(broker_));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  EXPECT_TRUE(bus.Close(absl::Seconds(20)).ok());
  EXPECT_EQ(bus.Published<Made>().size(), 1u);
  EXPECT_TRUE(DeliveredAfterwards().empty());
}

TEST_F(DrainTest, WhatDoesNotEndInTimeIsCancelledAndDeliveredAgain) {
  bool cancelled = false;
  omnibus::TestBus bus(
      std::make_unique<Joiner>([&](const Ordered&, omnibus::Context& context) {
        while (!context.cancelled()) {
          context.runtime().SleepUntil(context.runtime().Now() + absl::Milliseconds(100));
        }
        cancelled = true;
        return absl::CancelledError("the bus stops");
      }),
      On(broker_));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  EXPECT_TRUE(absl::IsDeadlineExceeded(bus.Close(absl::Seconds(10))));
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(bus.dead_letters().empty());
  EXPECT_THAT(DeliveredAfterwards(), ::testing::ElementsAre("chair"));
}

// It waits in Publish() and looks at nothing; with its thread left behind the bus could not end.
TEST_F(DrainTest, AHandlerThatWaitsForRoomInAQueueIsCancelled) {
  omnibus::TestBusOptions options = On(broker_);
  options.configuration =
      "bus: {publish_timeout: 60s}\n"
      "transports: {memory: {max_entries: 1, partitions: 1, history_bytes: 0}}";
  omnibus::TestBus bus(
      std::make_unique<Joiner>([](const Ordered& order, omnibus::Context& context) {
        const absl::Status published = context.Publish(Made{order.bench, "leg"});
        return published.ok() ? context.Publish(Made{order.bench, "seat"}) : published;
      }),
      std::move(options));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  const absl::Time start = bus.runtime().Now();
  EXPECT_TRUE(absl::IsDeadlineExceeded(bus.Close(absl::Seconds(1))));
  EXPECT_LE(bus.runtime().Now() - start, absl::Milliseconds(1100));
  EXPECT_THAT(DeliveredAfterwards(), ::testing::ElementsAre("chair"));
}

// A broker that knows one position for all that is done with would deliver again what came after
// something that was left behind.
TEST_F(DrainTest, WhatCameBeforeSomethingThatHasBegunIsHandledToo) {
  std::vector<std::string> handled;
  omnibus::TestBusOptions options = On(broker_);
  options.configuration = "modules: {joiner: {concurrency: 2}}";
  omnibus::TestBus bus(
      std::make_unique<Joiner>([&](const Ordered& order, omnibus::Context& context) {
        if (order.what == "chair") {
          context.runtime().SleepUntil(context.runtime().Now() + absl::Seconds(5));
        }
        handled.push_back(order.what);
        return absl::OkStatus();
      }),
      std::move(options));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "table"}).ok());  // waits for the chair
  // These do not, and some of them are in the same partition.
  for (int bench = 2; bench < 40; ++bench) {
    ASSERT_TRUE(bus.Publish(Ordered{bench, "lamp"}).ok());
  }
  ASSERT_TRUE(bus.Publish(Ordered{1, "stool"}).ok());
  bus.Advance(absl::Seconds(1));
  EXPECT_TRUE(bus.Close(absl::Seconds(20)).ok());
  EXPECT_THAT(handled, ::testing::Contains("table"));
  EXPECT_THAT(handled, ::testing::Not(::testing::Contains("stool")));
  EXPECT_THAT(DeliveredAfterwards(), ::testing::ElementsAre("stool"));
}

TEST_F(DrainTest, WhatWaitsForARetryIsLeftToBeDeliveredAgain) {
  omnibus::TestBus bus(std::make_unique<Joiner>([](const Ordered&, omnibus::Context&) {
                         return absl::UnavailableError("not now");
                       }),
                       On(broker_));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "table"}).ok());
  bus.RunUntilIdle();
  EXPECT_TRUE(bus.Close(absl::Seconds(10)).ok());
  EXPECT_THAT(DeliveredAfterwards(), ::testing::ElementsAre("chair", "table"));
}

// The position of a partition does not pass what is given back: "chair" is at work, "bench" waits
// behind it, "door" stands behind both and has ended.
TEST_F(DrainTest, WhatHasEndedIsNotDeliveredAgainForWhatWaitsBeforeIt) {
  std::vector<std::string> done;
  omnibus::TestBusOptions options = On(broker_);
  options.configuration =
      "channels: {workshop.orders: {partitions: 1}}\n"
      "modules: {joiner: {concurrency: 2}}";
  omnibus::TestBus bus(
      std::make_unique<Joiner>([&](const Ordered& order, omnibus::Context& context) {
        if (order.what == "chair") {
          context.runtime().SleepUntil(context.runtime().Now() + absl::Seconds(5));
        }
        done.push_back(order.what);
        return absl::OkStatus();
      }),
      std::move(options));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "bench"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{2, "door"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "shelf"}).ok());
  bus.RunUntilIdle();
  ASSERT_THAT(done, ::testing::ElementsAre("door"));
  EXPECT_TRUE(bus.Close(absl::Seconds(20)).ok());
  EXPECT_THAT(done, ::testing::ElementsAre("door", "chair", "bench"));
  EXPECT_THAT(DeliveredAfterwards(), ::testing::ElementsAre("shelf"));
}

TEST_F(DrainTest, AShortRetryIsPutOffByAStopAndKeepsItsAttempts) {
  omnibus::TestBusOptions options = On(broker_);
  options.configuration =
      "channels: {workshop.orders: {partitions: 1}}\n"
      "modules: {joiner: {retry: {first_delay: 2s, jitter: 0}}}";
  {
    omnibus::TestBus bus(std::make_unique<Joiner>([&](const Ordered& order, omnibus::Context&) {
                           return order.what == "chair" ? absl::UnavailableError("not now")
                                                        : absl::OkStatus();
                         }),
                         options);
    ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
    ASSERT_TRUE(bus.Publish(Ordered{2, "door"}).ok());
    bus.RunUntilIdle();
    EXPECT_TRUE(bus.Close(absl::Seconds(20)).ok());
  }
  std::vector<std::string> delivered;
  omnibus::TestBus bus(
      std::make_unique<Joiner>([&](const Ordered& order, omnibus::Context& context) {
        delivered.push_back(order.what + std::to_string(context.attempt()));
        return absl::OkStatus();
      }),
      options);
  bus.Advance(absl::Minutes(1));
  EXPECT_THAT(delivered, ::testing::ElementsAre("chair2"));
}

// Takes the joiner's pieces, and never gets done with one.
class Painter final : public omnibus::Module {
 public:
  explicit Painter(int& attempts) : Module(workshop::kWorkshop, "painter"), attempts_(attempts) {}

  void Describe(omnibus::ModuleDescription& module) override {
    module.Handles<Made>([this](const Made&, omnibus::Context&) -> absl::Status {
      ++attempts_;
      return absl::UnavailableError("not dry yet");
    });
  }

 private:
  int& attempts_;
};

TEST_F(DrainTest, NoModuleBeginsAnythingWhileAnotherOneStillDrains) {
  std::vector<std::unique_ptr<omnibus::Module>> modules;
  modules.push_back(std::make_unique<Joiner>([](const Ordered& order, omnibus::Context& context) {
    if (order.what == "table") {
      context.runtime().SleepUntil(context.runtime().Now() + absl::Seconds(15));
    }
    return context.Publish(Made{order.bench, order.what});
  }));
  int attempts = 0;
  modules.push_back(std::make_unique<Painter>(attempts));
  omnibus::TestBusOptions options = On(broker_);
  options.configuration = "modules: {painter: {retry: {first_delay: 1s, max_delay: 1s}}}";
  omnibus::TestBus bus(std::move(modules), std::move(options));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  ASSERT_TRUE(bus.Publish(Ordered{1, "table"}).ok());
  bus.RunUntilIdle();
  ASSERT_EQ(attempts, 1);
  EXPECT_TRUE(bus.Close(absl::Seconds(20)).ok());
  EXPECT_EQ(attempts, 1);
}

TEST_F(DrainTest, NothingIsPublishedAfterTheClose) {
  omnibus::TestBus bus(
      std::make_unique<Joiner>([](const Ordered&, omnibus::Context&) { return absl::OkStatus(); }),
      On(broker_));
  ASSERT_TRUE(bus.Close().ok());
  EXPECT_EQ(bus.Publish(Ordered{1, "chair"}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DrainTest, AHandlerCannotCloseTheBus) {
  absl::Status status;
  omnibus::TestBus* running = nullptr;
  omnibus::TestBus bus(std::make_unique<Joiner>([&](const Ordered&, omnibus::Context&) {
                         status = running->bus().Close();
                         return absl::OkStatus();
                       }),
                       On(broker_));
  running = &bus;
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
