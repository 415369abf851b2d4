#include "transports/rabbitmq/delivery_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace omnibus::rabbitmq {
namespace {

class DeliveryQueueTest : public ::testing::Test {
 protected:
  void Change(ConsumerEvent::Kind kind, std::uint64_t epoch) {
    std::vector<ConsumerEvent> events;
    ConsumerEvent& event = events.emplace_back();
    event.kind = kind;
    event.epoch = epoch;
    event.sources.push_back(0);
    queue_.Put(events);
  }

  void Put(std::uint64_t epoch, std::int64_t position) {
    std::vector<ConsumerEvent> events(1);
    events[0].message.tag = {epoch, 0, position};
    queue_.Put(events);
  }

  std::vector<ConsumerEvent> Take(std::size_t max_events = 100) {
    std::vector<ConsumerEvent> events;
    EXPECT_EQ(queue_.Wait(absl::InfinitePast(), max_events, events), absl::OkStatus());
    return events;
  }

  std::size_t Settle(std::uint64_t epoch, std::int64_t position) {
    const DeliveryTag tag{epoch, 0, position};
    return queue_.Settle(std::span(&tag, 1), /*taken=*/false, wake_);
  }

  std::vector<DeliveryQueue::Settled> TakeSettled(bool received = false) {
    std::vector<DeliveryQueue::Settled> settled;
    comes_again_ = queue_.TakeSettled(settled, received);
    return settled;
  }

  DeliveryQueue queue_{SystemRuntime(), 1, 10};
  bool wake_ = false;
  bool comes_again_ = false;
};

TEST_F(DeliveryQueueTest, LosingAnEpochTakesItsMessagesOutAndVoidsWhatWasSettled) {
  Change(ConsumerEvent::Kind::kAssigned, 1);
  Put(1, 1);
  Put(1, 2);
  ASSERT_EQ(Take(2).size(), 2u);
  EXPECT_EQ(Settle(1, 1), 0u);
  Change(ConsumerEvent::Kind::kLost, 1);
  Change(ConsumerEvent::Kind::kAssigned, 2);
  Put(2, 1);
  const auto events = Take();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].kind, ConsumerEvent::Kind::kLost);
  EXPECT_EQ(events[1].kind, ConsumerEvent::Kind::kAssigned);
  EXPECT_EQ(events[2].message.tag.epoch, 2u);
  EXPECT_EQ(Settle(1, 2), 1u);
  EXPECT_TRUE(TakeSettled().empty());
  EXPECT_EQ(Settle(2, 1), 0u);
  const std::vector<DeliveryQueue::Settled> settled = TakeSettled();
  EXPECT_EQ(settled.size(), 1u);
}

TEST_F(DeliveryQueueTest, AReaderThatIsAlwaysBehindGetsAllInOrder) {
  Change(ConsumerEvent::Kind::kAssigned, 1);
  Take();
  std::int64_t next = 1;
  for (std::int64_t i = 1; i <= 1000; ++i) {
    Put(1, i);
    if (i < 5) continue;
    const auto events = Take(1);
    ASSERT_EQ(events.size(), 1u);
    ASSERT_EQ(events[0].message.tag.position, next++);
  }
  EXPECT_EQ(Take().size(), 4u);
}

TEST_F(DeliveryQueueTest, WakesForTheFirstThatIsSettledAndWhileMessagesComeForManyAlone) {
  Change(ConsumerEvent::Kind::kAssigned, 1);
  for (std::int64_t i = 1; i <= 9; ++i) Put(1, i);
  Settle(1, 1);
  EXPECT_TRUE(wake_);
  Settle(1, 2);
  EXPECT_FALSE(wake_) << "it is on its way";
  EXPECT_EQ(TakeSettled().size(), 2u);
  ASSERT_TRUE(comes_again_);
  // Half of the ten that may be unsettled, and one more: the broker must not run dry.
  for (std::int64_t i = 3; i <= 7; ++i) {
    Settle(1, i);
    EXPECT_FALSE(wake_);
  }
  Settle(1, 8);
  EXPECT_TRUE(wake_);
  EXPECT_EQ(TakeSettled().size(), 6u);
  EXPECT_TRUE(TakeSettled().empty());
  ASSERT_FALSE(comes_again_);
  Settle(1, 9);
  EXPECT_TRUE(wake_);
  EXPECT_EQ(TakeSettled(/*received=*/true).size(), 1u);
  EXPECT_TRUE(comes_again_);
}

}  // namespace
}  // namespace omnibus::rabbitmq
