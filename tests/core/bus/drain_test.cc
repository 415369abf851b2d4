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
  (void)bus.Close(absl::Seconds(10));
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(bus.dead_letters().empty());
  EXPECT_THAT(DeliveredAfterwards(), ::testing::ElementsAre("chair"));
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
