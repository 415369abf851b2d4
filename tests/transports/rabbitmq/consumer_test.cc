#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/transports/rabbitmq/rabbitmq_test.h"
#include "tests/transports/rabbitmq/raw_client.h"

namespace omnibus::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class RabbitMqConsumerTest : public RabbitMqTest {
 protected:
  // Publishes `count` messages with the bodies 0, 1, ... to `channel`.
  void PublishNumbers(const std::string& channel, int count) {
    const auto producer = OpenProducer();
    Outcomes outcomes;
    for (int i = 0; i < count; ++i) {
      const std::string body = std::to_string(i);
      ASSERT_EQ(producer->Send(Message(channel, body), In(kSoon), outcomes.Expect()),
                absl::OkStatus());
    }
    ASSERT_THAT(outcomes.All(), Each(absl::OkStatus()));
  }

  std::uint32_t Left(const std::string& queue) {
    RawClient raw(options_.url);
    return raw.Count(queue).value_or(RawClient::Counts{9999, 0}).messages;
  }
};

std::vector<std::string> Bodies(const std::vector<ReceivedMessage>& messages) {
  std::vector<std::string> bodies;
  for (const ReceivedMessage& message : messages) bodies.emplace_back(message.body);
  return bodies;
}

TEST_F(RabbitMqConsumerTest, IsAssignedItsQueueBeforeTheFirstMessage) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 1);
  const auto consumer = Join(channel, "billing");
  std::vector<ConsumerEvent> events;
  while (events.size() < 2) ASSERT_EQ(consumer->Wait(In(kSoon), 10, events), absl::OkStatus());
  EXPECT_EQ(events[0].kind, ConsumerEvent::Kind::kAssigned);
  EXPECT_THAT(events[0].sources, ElementsAre(0));
  EXPECT_EQ(events[1].kind, ConsumerEvent::Kind::kMessage);
  EXPECT_EQ(events[1].message.tag.epoch, events[0].epoch);
  EXPECT_TRUE(consumer->Health().healthy) << consumer->Health().detail;
}

TEST_F(RabbitMqConsumerTest, WhatIsNotSettledComesBackAndWhatIsDoesNot) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 5);
  {
    const auto consumer = Join(channel, "billing");
    const auto received = Receive(*consumer, 5);
    ASSERT_EQ(received.size(), 5u);
    // Out of order, and the first is not among them: no acknowledgement may cover it.
    EXPECT_EQ(Settle(*consumer, received[4]), 0u);
    EXPECT_EQ(Settle(*consumer, received[2]), 0u);
    EXPECT_EQ(Settle(*consumer, received[1]), 0u);
    EXPECT_EQ(consumer->Close(In(kSoon)), absl::OkStatus());
  }
  const auto successor = Join(channel, "billing");
  const auto again = Receive(*successor, 2);
  EXPECT_THAT(Bodies(again), ElementsAre("0", "3"));
  EXPECT_TRUE(again.at(0).redelivered);
  EXPECT_TRUE(again.at(0).headers.empty()) << "the broker's own counters are not the message's";
  EXPECT_THAT(Receive(*successor, 1, absl::Milliseconds(300)), ::testing::IsEmpty());
}

TEST_F(RabbitMqConsumerTest, WithoutCloseTheBrokerTakesAllBack) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 3);
  auto consumer = Join(channel, "billing");
  ASSERT_EQ(Receive(*consumer, 3).size(), 3u);
  consumer.reset();
  EXPECT_THAT(Bodies(Receive(*Join(channel, "billing"), 3)), UnorderedElementsAre("0", "1", "2"));
}

TEST_F(RabbitMqConsumerTest, SettlingTwiceIsDroppedAndCounted) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 2);
  const auto consumer = Join(channel, "billing");
  const auto received = Receive(*consumer, 2);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(Settle(*consumer, received[0]), 0u);
  EXPECT_EQ(Settle(*consumer, received[0]), 1u);
  DeliveryTag other = received[1].tag;
  other.epoch += 1;
  EXPECT_EQ(consumer->Settle(std::span(&other, 1)), 1u);
  other = received[1].tag;
  other.source = 77;
  EXPECT_EQ(consumer->Settle(std::span(&other, 1)), 1u);
  EXPECT_EQ(Settle(*consumer, received[1]), 0u);
  EXPECT_EQ(consumer->Close(In(kSoon)), absl::OkStatus());
  EXPECT_EQ(Settle(*consumer, received[1]), 1u);
  EXPECT_EQ(Left(channel + ".billing"), 0u);
}

TEST_F(RabbitMqConsumerTest, TwoMembersShareAndTwoGroupsEachGetAll) {
  const std::string channel = Name("events");
  Declare(channel, {"billing", "audit"});
  options_.consumer.prefetch = 5;
  transport_ = Connect(options_);
  const auto one = Join(channel, "billing");
  const auto two = Join(channel, "billing");
  ASSERT_TRUE(Becomes([&] { return one->Health().healthy && two->Health().healthy; }));
  PublishNumbers(channel, 100);
  std::multiset<std::string> seen;
  std::size_t from_one = 0;
  const absl::Time deadline = In(kSoon);
  while (seen.size() < 100 && SystemRuntime().Now() < deadline) {
    for (Consumer* member : {one.get(), two.get()}) {
      for (const ReceivedMessage& message : Receive(*member, 5, absl::Milliseconds(20))) {
        seen.emplace(message.body);
        from_one += member == one.get();
        Settle(*member, message);
      }
    }
  }
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 100u);
  EXPECT_GT(from_one, 0u);
  EXPECT_LT(from_one, 100u);
  EXPECT_EQ(Receive(*Join(channel, "audit"), 5).size(), 5u);
}

TEST_F(RabbitMqConsumerTest, HoldsNoMoreThanItsPrefetch) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 10);
  options_.consumer.prefetch = 3;
  transport_ = Connect(options_);
  const auto consumer = Join(channel, "billing");
  const auto held = Receive(*consumer, 3);
  ASSERT_EQ(held.size(), 3u);
  EXPECT_THAT(Receive(*consumer, 1, absl::Milliseconds(300)), ::testing::IsEmpty());
  EXPECT_EQ(Left(channel + ".billing"), 7u);
  Settle(*consumer, held[1]);
  EXPECT_THAT(Bodies(Receive(*consumer, 1)), ElementsAre("3"));
}

TEST_F(RabbitMqConsumerTest, ReadsSeveralQueuesEachWithItsOwnSource) {
  const std::string one = Name("one");
  const std::string two = Name("two");
  Declare(one, {"billing"});
  Declare(two, {"billing"});
  auto opened =
      Open("billing", {{Destination::kChannel, one, {}}, {Destination::kChannel, two, {}}});
  ASSERT_TRUE(opened.ok()) << opened.status();
  PublishNumbers(one, 1);
  PublishNumbers(two, 1);
  std::set<std::pair<std::string, std::uint32_t>> seen;
  for (const ReceivedMessage& message : Receive(**opened, 2)) {
    seen.emplace(message.channel, message.tag.source);
    Settle(**opened, message);
  }
  EXPECT_THAT(seen, ElementsAre(std::pair(one, 0u), std::pair(two, 1u)));
}

TEST_F(RabbitMqConsumerTest, AQueueWithAModuleIsConsumed) {
  const std::string channel = Name("events");
  const std::string dead = channel + ".billing.dead";
  Declare(channel, {"billing"});
  OutgoingMessage message = Message(dead, "x");
  message.destination = Destination::kQueue;
  ASSERT_EQ(Publish(*OpenProducer(), message), absl::OkStatus());
  const auto consumer = Read(dead, "billing");
  const auto received = Receive(*consumer, 1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].channel, dead);
  Settle(*consumer, received[0]);
  EXPECT_EQ(consumer->Close(In(kSoon)), absl::OkStatus());
  EXPECT_EQ(Left(dead), 0u);
}

TEST_F(RabbitMqConsumerTest, AQueueIsBrowsedWholeByNobodyAndStaysWhole) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 25);
  options_.consumer.prefetch = 10;  // more than two windows
  transport_ = Connect(options_);
  const auto browser = Read(channel + ".billing", "");
  std::vector<std::string> bodies, expected;
  for (int i = 0; i < 25; ++i) {
    for (const ReceivedMessage& message : Receive(*browser, 1)) {
      bodies.emplace_back(message.body);
      EXPECT_EQ(Settle(*browser, message), 0u);
    }
    expected.push_back(std::to_string(i));
  }
  EXPECT_EQ(bodies, expected);
  EXPECT_THAT(Receive(*browser, 1, absl::Milliseconds(300)), ::testing::IsEmpty()) << "each once";
  EXPECT_EQ(browser->Close(In(kSoon)), absl::OkStatus());
  EXPECT_TRUE(Becomes([&] { return Left(channel + ".billing") == 25; }));
}

TEST_F(RabbitMqConsumerTest, NobodysReaderSeesWhatComesAndTakesNothingAway) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"}, {"thing.happened", "other.thing"});
  PublishNumbers(channel, 1);
  const auto open = [&](std::vector<std::string> types) {
    auto reader =
        Open("", {{Destination::kChannel, channel, std::move(types)}}, StartFrom::kLatest);
    EXPECT_TRUE(reader.ok()) << reader.status();
    EXPECT_TRUE(Becomes([&] { return (*reader)->Health().healthy; }));
    return *std::move(reader);
  };
  const auto all = open({});
  const auto some = open({"other.thing"});
  const auto producer = OpenProducer();
  ASSERT_EQ(Publish(*producer, Message(channel, "one")), absl::OkStatus());
  OutgoingMessage other = Message(channel, "two");
  other.type = "other.thing";
  ASSERT_EQ(Publish(*producer, other), absl::OkStatus());
  EXPECT_THAT(Bodies(Receive(*all, 2)), ElementsAre("one", "two"));
  EXPECT_THAT(Bodies(Receive(*some, 1)), ElementsAre("two"));
  EXPECT_EQ(Left(channel + ".billing"), 3u);
}

TEST_F(RabbitMqConsumerTest, NobodyCannotReadFromTheEarliest) {
  const auto refused = Open("", {{Destination::kChannel, "x", {}}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("needs a group"));
  EXPECT_EQ(Open("m", {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RabbitMqConsumerTest, ADeletedQueueIsReportedDeclaredAgainAndConsumedAgain) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 2);
  const auto consumer = Join(channel, "billing");
  std::vector<ConsumerEvent> changes;
  const auto before = Receive(*consumer, 2, kSoon, &changes);
  ASSERT_EQ(before.size(), 2u);

  RawClient(options_.url).DeleteQueue(channel + ".billing");
  while (changes.size() < 3) {
    std::vector<ConsumerEvent> events;
    ASSERT_EQ(consumer->Wait(In(kSoon), 1, events), absl::OkStatus());
    ASSERT_FALSE(events.empty());
    changes.push_back(std::move(events[0]));
  }
  EXPECT_EQ(changes[1].kind, ConsumerEvent::Kind::kLost);
  EXPECT_EQ(changes[1].epoch, changes[0].epoch);
  EXPECT_EQ(changes[2].kind, ConsumerEvent::Kind::kAssigned);
  EXPECT_NE(changes[2].epoch, changes[0].epoch);
  EXPECT_EQ(Settle(*consumer, before[0]), 1u) << "a late settle is dropped";

  const auto producer = OpenProducer();
  ASSERT_EQ(Publish(*producer, Message(channel, "after")), absl::OkStatus())
      << "the binding is back, too";
  const auto after = Receive(*consumer, 1);
  EXPECT_THAT(Bodies(after), ElementsAre("after"));
  EXPECT_EQ(Settle(*consumer, after.at(0)), 0u);
}

TEST_F(RabbitMqConsumerTest, AMissingQueueIsWaitedForWithRedHealth) {
  const std::string channel = Name("events");
  const auto consumer = Join(channel, "billing");
  EXPECT_TRUE(Becomes([&] { return consumer->Health().detail.find("404") != std::string::npos; }))
      << consumer->Health().detail;
  EXPECT_FALSE(consumer->Health().healthy);
  Connect(options_);
  Declare(channel, {"billing"});
  EXPECT_TRUE(Becomes([&] { return consumer->Health().healthy; })) << consumer->Health().detail;
}

TEST_F(RabbitMqConsumerTest, InterruptEndsTheWaitThatRunsOrElseTheNext) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto consumer = Join(channel, "billing");
  Receive(*consumer, 1, absl::Milliseconds(200));  // takes the assignment
  std::vector<ConsumerEvent> events;
  consumer->Interrupt();
  EXPECT_EQ(consumer->Wait(absl::InfiniteFuture(), 1, events), absl::OkStatus());
  std::thread waiting(
      [&] { EXPECT_EQ(consumer->Wait(absl::InfiniteFuture(), 1, events), absl::OkStatus()); });
  SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
  consumer->Interrupt();
  waiting.join();
  EXPECT_THAT(events, ::testing::IsEmpty());
}

TEST_F(RabbitMqConsumerTest, CloseWakesWaitAndIsIdempotent) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto consumer = Join(channel, "billing");
  std::thread waiting([&] {
    std::vector<ConsumerEvent> events;
    absl::Status status;
    while ((status = consumer->Wait(absl::InfiniteFuture(), 1, events)).ok()) {
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  });
  std::vector<std::thread> closers;
  for (int i = 0; i < 10; ++i) {
    closers.emplace_back([&] { EXPECT_EQ(consumer->Close(In(kSoon)), absl::OkStatus()); });
  }
  for (std::thread& closer : closers) closer.join();
  waiting.join();
  EXPECT_FALSE(consumer->Health().healthy);
}

TEST_F(RabbitMqConsumerTest, StaysRegisteredWhileAHandlerRunsForSeveralHeartbeats) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 1);
  options_.heartbeat = absl::Seconds(1);
  transport_ = Connect(options_);
  const auto consumer = Join(channel, "billing");
  const auto producer = OpenProducer();
  std::vector<ConsumerEvent> changes;
  const auto received = Receive(*consumer, 1, kSoon, &changes);
  ASSERT_EQ(received.size(), 1u);
  // The handler. The broker gives up a client that it has not heard for two intervals.
  SystemRuntime().SleepUntil(In(absl::Seconds(4.5)));
  EXPECT_TRUE(consumer->Health().healthy) << consumer->Health().detail;
  EXPECT_TRUE(producer->Health().healthy) << producer->Health().detail;
  EXPECT_EQ(RawClient(options_.url).Count(channel + ".billing")->consumers, 1u);
  EXPECT_EQ(Settle(*consumer, received[0]), 0u) << "the epoch is still the same";
  EXPECT_EQ(consumer->Close(In(kSoon)), absl::OkStatus());
  EXPECT_EQ(Left(channel + ".billing"), 0u);
}

TEST_F(RabbitMqConsumerTest, AMessageMayOutliveItsConsumer) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  PublishNumbers(channel, 1);
  auto consumer = Join(channel, "billing");
  const auto received = Receive(*consumer, 1);
  consumer.reset();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].body, "0");
  EXPECT_EQ(received[0].channel, channel);
}

}  // namespace
}  // namespace omnibus::testing
