// What a publisher is told: behaviours 22 to 27.
#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "tests/behaviours/transport_behaviour.h"

namespace omnibus::behaviours {
namespace {

TEST_P(TransportBehaviour, AConfirmedMessageIsThere) {
  const std::string channel = Declare("orders", {"billing"});
  const absl::Status status = Publish(channel, {.body = "there"});
  ASSERT_TRUE(status.ok()) << status;
  Reopen();  // nothing of it was only in our hands
  auto member = Join(channel, "billing");
  EXPECT_EQ(member->Receive(1, Settling::kAtOnce).at(0).body, "there");
}

TEST_P(TransportBehaviour, AChannelThatNobodyDeclaredIsAnErrorInTime) {
  const absl::Time start = Now();
  const absl::Status status =
      Publish(Unique("nowhere"), {.key = "k", .timeout = absl::Seconds(10)});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_LT(Now() - start, absl::Seconds(11));
}

TEST_P(TransportBehaviour, TheConnectionSurvivesAnUnroutableMessage) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  EXPECT_FALSE(Publish(Unique("nowhere"), {.timeout = absl::Seconds(5)}).ok());
  for (int i = 0; i < 5; ++i) {
    const absl::Status status = Publish(channel, {.key = "k"});
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(member->Receive(5, Settling::kAtOnce).size(), 5u);
}

TEST_P(TransportBehaviour, WhatIsNotMandatoryMayHaveNobody) {
  const std::string channel = Declare("orders", {});
  const absl::Status status = Publish(channel, {.mandatory = false});
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(TransportBehaviour, EachOfABatchHasItsOwnOutcome) {
  const std::string channel = Declare("orders", {"billing"});
  const std::string nowhere = Unique("nowhere");
  std::vector<std::string> ids(30);
  std::vector<absl::Status> outcomes(30, absl::UnknownError("none"));
  for (int i = 0; i < 30; ++i) {
    absl::Status* const outcome = &outcomes[i];
    const absl::Status sent = Send(
        i % 10 == 3 ? nowhere : channel, {.key = "k", .timeout = absl::Seconds(10)},
        [outcome](absl::Status status) { *outcome = status; }, &ids[i]);
    ASSERT_TRUE(sent.ok()) << sent;
  }
  Flush();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(outcomes[i].code(), i % 10 == 3 ? absl::StatusCode::kNotFound : absl::StatusCode::kOk)
        << i << ": " << outcomes[i];
  }
  EXPECT_EQ(Join(channel, "billing")->Receive(27, Settling::kAtOnce).size(), 27u);
}

TEST_P(TransportBehaviour, KeepsTheOrderOfEachThreadsPublishesUnderOneKey) {
  const std::string channel = Declare("orders", {"billing"});
  std::vector<std::unique_ptr<Thread>> threads;
  for (int t = 0; t < 8; ++t) {
    threads.push_back(SystemRuntime().Spawn("publisher", [this, t, &channel] {
      for (int i = 0; i < 50; ++i) {
        SendPatiently(channel, {.key = "the-key", .sender = absl::StrCat("thread-", t)});
      }
    }));
  }
  for (auto& thread : threads) thread->Join();
  Flush();
  EXPECT_EQ(Join(channel, "billing")->Receive(400, Settling::kAtOnce).size(), 400u);
}

// The queue is small, and nobody waits for the broker: so it is full soon, says so, and has room
// again later. What it took is there, what it refused is not.
TEST_P(TransportBehaviour, AFullQueuePushesBack) {
  const std::string channel = Declare("orders", {"billing"});
  Reopen(/*queue=*/10);
  const std::string small = Declare("small", {"billing"}, 1);
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < 5000 && refused == 0; ++i) {
    const absl::Status sent = Send(small, {.body = std::string(1000, 'x')});
    if (sent.ok()) {
      ++taken;
    } else {
      ++refused;
      ASSERT_TRUE(absl::IsResourceExhausted(sent)) << sent;
    }
  }
  EXPECT_GT(refused, 0) << "it took " << taken;
  Flush();
  auto member = Join(small, "billing");
  EXPECT_EQ(member->Receive(taken, Settling::kAtOnce).size(), static_cast<std::size_t>(taken));
  SendPatiently(small, {});  // there is room again
  EXPECT_EQ(member->Receive(1, Settling::kAtOnce).size(), 1u);
  EXPECT_TRUE(member->ReceiveFor(absl::Milliseconds(200), Settling::kAtOnce).empty());
}

TEST_P(TransportBehaviour, AnOversizedMessageFailsFastAndNothingElse) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  const std::string body(capabilities().max_body_bytes + 1, 'x');
  const absl::Time start = Now();
  const absl::Status status = Publish(channel, {.body = body});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_LT(Now() - start, absl::Seconds(5));
  EXPECT_FALSE(status.message().empty());
  ASSERT_TRUE(Publish(channel, {.body = "small"}).ok());
  EXPECT_EQ(member->Receive(1, Settling::kAtOnce).at(0).body, "small");
}

TEST_P(TransportBehaviour, CheckingSaysWhatIsMissing) {
  Topology topology;
  topology.channels.push_back({Unique("never-declared"), 0, 0});
  const absl::Status status = transport().Declare(topology, DeclareMode::kCheck, In(kPatience));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("never-declared"));

  const std::string channel = Declare("orders", {"billing"});
  topology.channels = {{channel, 0, 0}};
  topology.groups = {{channel, "test", Unique("billing"), {"thing.happened"}}};
  const absl::Status there = transport().Declare(topology, DeclareMode::kCheck, In(kPatience));
  EXPECT_TRUE(there.ok()) << there;
}

TEST_P(TransportBehaviour, DeclaringTwiceChangesNothing) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 5);
  Declare("orders", {"billing"});
  Declare("orders", {"billing"}, 3);  // it stays as it is
  EXPECT_EQ(Join(channel, "billing")->Receive(5, Settling::kAtOnce).size(), 5u);
}

}  // namespace
}  // namespace omnibus::behaviours
