// What is done, and what comes back: behaviours 15 to 18, 21, 33 and 34.
#include <algorithm>
#include <atomic>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/behaviours/transport_behaviour.h"

namespace omnibus::behaviours {
namespace {

std::set<std::string> SetOf(const std::vector<Received>& messages) {
  const std::vector<std::string> ids = IdsOf(messages);
  return {ids.begin(), ids.end()};
}

TEST_P(TransportBehaviour, RedeliversWhatWasNeverSettled) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 10, 3);
  auto crashed = Join(channel, "billing");
  const std::vector<Received> first = crashed->Receive(10, Settling::kNot);
  crashed.reset();  // received, never settled
  auto successor = Join(channel, "billing");
  const std::vector<Received> again = successor->Receive(10, Settling::kAtOnce);
  EXPECT_EQ(SetOf(again), SetOf(first));
  const Report report = TakeReport();
  EXPECT_EQ(report.duplicated.size(), 10u) << report;
  EXPECT_TRUE(report.lost.empty() && report.reordered.empty() &&
              report.repeated_after_settle.empty() && report.settled_without_right.empty())
      << report;
}

TEST_P(TransportBehaviour, KeepsTheOrderOfAKeyWhenItRedelivers) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 20, 1);
  auto crashed = Join(channel, "billing");
  const std::vector<Received> first = crashed->Receive(20, Settling::kNot);
  crashed.reset();
  auto successor = Join(channel, "billing");
  EXPECT_EQ(IdsOf(successor->Receive(20, Settling::kAtOnce)), IdsOf(first));
  TakeReport();
}

TEST_P(TransportBehaviour, DoesNotRedeliverWhatWasSettled) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 30);
  {
    auto member = Join(channel, "billing");
    EXPECT_EQ(member->Receive(30, Settling::kAtOnce).size(), 30u);
    EXPECT_TRUE(member->consumer().Close(In(kPatience)).ok());
  }
  auto successor = Join(channel, "billing");
  EXPECT_TRUE(successor->ReceiveFor(absl::Seconds(1), Settling::kAtOnce).empty());
}

// Settles some of what it has, in any order, and leaves: at whichever point that is, what is
// unfinished comes back.
TEST_P(TransportBehaviour, NeverPassesAnUnfinishedMessage) {
  constexpr int kCount = 16;
  std::mt19937 random(20);  // NOLINT: the same points each time
  for (int cut : {0, 1, 5, 11, 15, 16}) {
    const std::string channel = Declare(absl::StrCat("orders-", cut), {"billing"}, 1);
    PublishMany(channel, kCount, 3);
    std::set<std::string> unfinished;
    {
      auto member = Join(channel, "billing");
      std::vector<Received> received = member->Receive(kCount, Settling::kNot);
      ASSERT_EQ(received.size(), static_cast<std::size_t>(kCount));
      std::shuffle(received.begin(), received.end(), random);
      for (int i = 0; i < kCount; ++i) {
        if (i < cut) {
          EXPECT_TRUE(member->Settle(received[i]));
        } else {
          unfinished.insert(received[i].id);
        }
      }
      EXPECT_TRUE(member->consumer().Close(In(kPatience)).ok());
    }
    auto successor = Join(channel, "billing");
    std::set<std::string> again;
    const absl::Time deadline = In(kPatience);
    while (!std::includes(again.begin(), again.end(), unfinished.begin(), unfinished.end()) &&
           Now() < deadline) {
      again.merge(SetOf(successor->ReceiveFor(absl::Milliseconds(50), Settling::kAtOnce)));
    }
    EXPECT_TRUE(std::includes(again.begin(), again.end(), unfinished.begin(), unfinished.end()))
        << "cut at " << cut;
    again.merge(SetOf(successor->ReceiveFor(absl::Milliseconds(200), Settling::kAtOnce)));
    if (features().remembers_settled_out_of_order) {
      EXPECT_EQ(again, unfinished) << cut;
    }
  }
  const Report report = TakeReport();
  EXPECT_TRUE(report.lost.empty() && report.reordered.empty()) << report;
  if (features().remembers_settled_out_of_order) {
    EXPECT_TRUE(report.repeated_after_settle.empty()) << report;
  }
}

TEST_P(TransportBehaviour, ASecondSettleIsDroppedAndCounted) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 2);
  auto member = Join(channel, "billing");
  const std::vector<Received> received = member->Receive(2, Settling::kNot);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_TRUE(member->Settle(received[0]));
  EXPECT_FALSE(member->Settle(received[0]));
  // One of a batch does not spoil the other.
  const std::vector<DeliveryTag> both = {received[0].tag, received[1].tag};
  EXPECT_EQ(member->consumer().Settle(both), 1u);
  EXPECT_FALSE(member->Settle(received[1]));
}

TEST_P(TransportBehaviour, OfManyThreadsThatSettleOneMessageOneWins) {
  constexpr int kCount = 50;
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, kCount);
  auto member = Join(channel, "billing");
  const std::vector<Received> received = member->Receive(kCount, Settling::kNot);
  ASSERT_EQ(received.size(), static_cast<std::size_t>(kCount));
  std::atomic<std::size_t> dropped = 0;
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(SystemRuntime().Spawn("settler", [&] {
      for (const Received& each : received) dropped += member->consumer().Settle({&each.tag, 1});
    }));
  }
  for (auto& thread : threads) thread->Join();
  EXPECT_EQ(dropped, 3u * kCount);
}

TEST_P(TransportBehaviour, ATagThatWasNeverHandedOutIsDropped) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 1);
  auto member = Join(channel, "billing");
  const std::vector<Received> received = member->Receive(1, Settling::kNot);
  ASSERT_EQ(received.size(), 1u);
  std::vector<DeliveryTag> wrong(3, received[0].tag);
  wrong[0].epoch += 1000;
  wrong[1].source += 1000;
  wrong[2].position += 1000;
  EXPECT_EQ(member->consumer().Settle(wrong), 3u);
  EXPECT_TRUE(member->Settle(received[0]));
}

TEST_P(TransportBehaviour, SettlingAfterTheCloseIsDroppedAndCounted) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 5);
  auto member = Join(channel, "billing");
  const std::vector<Received> received = member->Receive(5, Settling::kNot);
  ASSERT_EQ(received.size(), 5u);
  EXPECT_TRUE(member->consumer().Close(In(kPatience)).ok());
  for (const Received& each : received) EXPECT_FALSE(member->Settle(each));
  auto successor = Join(channel, "billing");
  EXPECT_EQ(SetOf(successor->Receive(5, Settling::kAtOnce)), SetOf(received));
  TakeReport();
}

TEST_P(TransportBehaviour, WhatARevokedSourceStillHeldGoesToTheNextOwner) {
  if (!features().moves_sources) GTEST_SKIP() << "not declared: moves_sources";
  const std::string channel = Declare("orders", {"billing"}, 2);
  PublishMany(channel, 40, 40);
  auto first = Join(channel, "billing");
  std::vector<Received> held = first->Receive(40, Settling::kNot);
  ASSERT_EQ(held.size(), 40u);

  // The second takes one half over; the first lets it go, with its messages unsettled.
  auto worker = std::make_unique<Worker>(Open(OptionsOf(channel, "billing")));
  const absl::Time deadline = In(kPatience);
  while (worker->received() == 0 && Now() < deadline) {
    EXPECT_TRUE(first->ReceiveFor(absl::Milliseconds(20), Settling::kNot).empty());
  }
  std::size_t dropped = 0;
  for (const Received& each : held) dropped += first->Settle(each) ? 0 : 1;
  EXPECT_GT(dropped, 0u);
  EXPECT_LT(dropped, 40u);
  while (worker->received() < dropped && Now() < deadline) {
    SystemRuntime().SleepUntil(In(absl::Milliseconds(20)));
  }
  EXPECT_EQ(worker->received(), dropped);
  worker.reset();
  const Report report = TakeReport();
  EXPECT_EQ(report.duplicated.size(), dropped) << report;
  EXPECT_TRUE(report.lost.empty() && report.settled_without_right.empty()) << report;
}

}  // namespace
}  // namespace omnibus::behaviours
