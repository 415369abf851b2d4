// What the memory transport promises beyond what tests/behaviours/ asks of every transport.
#include "omnibus/transports/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/configuration.h"

namespace omnibus {
namespace {

using ::testing::HasSubstr;

absl::Time Now() { return SystemRuntime().Now(); }
absl::Time Soon() { return Now() + absl::Seconds(5); }

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

class MemoryTransport : public ::testing::Test {
 protected:
  void Open(MemoryOptions options = {}) {
    options.broker = broker_;
    absl::StatusOr<std::unique_ptr<Transport>> transport =
        MakeMemoryTransport(std::move(options), SystemRuntime(), nullptr);
    ASSERT_TRUE(transport.ok()) << transport.status();
    transport_ = *std::move(transport);
    producer_ = *transport_->OpenProducer();
  }

  void Declare(std::string channel, std::vector<std::string> modules, int partitions = 0) {
    Topology topology;
    topology.channels.push_back({channel, partitions, 0});
    for (std::string& module : modules) topology.groups.push_back({channel, "d", module, {}});
    ASSERT_TRUE(transport_->Declare(topology, DeclareMode::kDeclare, Soon()).ok());
  }

  // The outcome, whichever way it comes.
  absl::Status Publish(std::string_view channel, std::string_view key, std::string_view body,
                       std::string_view type = "t") {
    OutgoingMessage message;
    message.channel = channel;
    message.key = key;
    message.body = body;
    message.type = type;
    absl::Status outcome = absl::UnknownError("no outcome");
    const absl::Status sent =
        producer_->Send(message, Soon(), [&](absl::Status status) { outcome = status; });
    return sent.ok() ? outcome : sent;
  }

  std::unique_ptr<Consumer> Join(std::string channel, std::string module) {
    ConsumerOptions options;
    options.domain = "d";
    options.module = std::move(module);
    options.subscriptions.push_back({Destination::kChannel, std::move(channel), {}});
    absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport_->OpenConsumer(options);
    EXPECT_TRUE(consumer.ok()) << consumer.status();
    return consumer.ok() ? *std::move(consumer) : nullptr;
  }

  // All that is there now.
  static std::vector<ConsumerEvent> Take(Consumer& consumer) {
    std::vector<ConsumerEvent> events;
    std::size_t before = 0;
    do {
      before = events.size();
      EXPECT_TRUE(consumer.Wait(absl::InfinitePast(), 1000, events).ok());
    } while (events.size() != before);
    return events;
  }

  static std::vector<std::string> Bodies(const std::vector<ConsumerEvent>& events) {
    std::vector<std::string> bodies;
    for (const ConsumerEvent& event : events) {
      if (event.kind == ConsumerEvent::Kind::kMessage) bodies.emplace_back(event.message.body);
    }
    return bodies;
  }

  static std::vector<DeliveryTag> Tags(const std::vector<ConsumerEvent>& events) {
    std::vector<DeliveryTag> tags;
    for (const ConsumerEvent& event : events) {
      if (event.kind == ConsumerEvent::Kind::kMessage) tags.push_back(event.message.tag);
    }
    return tags;
  }

  std::shared_ptr<MemoryBroker> broker_ = MakeMemoryBroker();
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Producer> producer_;
};

TEST_F(MemoryTransport, WhatIsSettledOutOfOrderIsNotDeliveredAgain) {
  Open();
  Declare("c", {"m"}, 1);
  for (const char* body : {"0", "1", "2", "3"}) ASSERT_TRUE(Publish("c", "k", body).ok());
  auto first = Join("c", "m");
  std::vector<DeliveryTag> tags = Tags(Take(*first));
  ASSERT_EQ(tags.size(), 4u);
  EXPECT_EQ(first->Settle(std::vector{tags[1], tags[3]}), 0u);
  first.reset();

  auto second = Join("c", "m");
  std::vector<ConsumerEvent> again = Take(*second);
  EXPECT_EQ(Bodies(again), (std::vector<std::string>{"0", "2"}));
  for (const ConsumerEvent& event : again) {
    EXPECT_EQ(event.message.redelivered, event.kind == ConsumerEvent::Kind::kMessage);
  }
  EXPECT_EQ(second->Settle(Tags(again)), 0u);
  second.reset();
  EXPECT_TRUE(Bodies(Take(*Join("c", "m"))).empty());
}

TEST_F(MemoryTransport, AnotherTransportOnTheSameBrokerTakesUpWhatWasLeft) {
  Open();
  Declare("c", {"m"});
  ASSERT_TRUE(Publish("c", "k", "kept").ok());
  producer_.reset();
  Open();
  EXPECT_EQ(Bodies(Take(*Join("c", "m"))), std::vector<std::string>{"kept"});
}

TEST_F(MemoryTransport, ARevokedPartitionMovesOnlyOnceItIsReleased) {
  Open();
  Declare("c", {"m"}, 2);
  auto first = Join("c", "m");
  Take(*first);
  auto second = Join("c", "m");
  std::vector<ConsumerEvent> revoked = Take(*first);
  ASSERT_EQ(revoked.size(), 1u);
  ASSERT_EQ(revoked[0].kind, ConsumerEvent::Kind::kRevoked);
  EXPECT_EQ(revoked[0].sources.size(), 1u);
  EXPECT_TRUE(Take(*second).empty());

  first->Release(revoked[0].epoch + 100);  // no such epoch: ignored
  EXPECT_TRUE(Take(*second).empty());
  first->Release(revoked[0].epoch);
  std::vector<ConsumerEvent> assigned = Take(*second);
  ASSERT_EQ(assigned.size(), 1u);
  EXPECT_EQ(assigned[0].kind, ConsumerEvent::Kind::kAssigned);
}

TEST_F(MemoryTransport, AMemberThatDoesNotReleaseLosesThePartition) {
  MemoryOptions options;
  options.release_timeout = absl::Milliseconds(50);
  Open(options);
  Declare("c", {"m"}, 2);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Publish("c", absl::StrCat(i), absl::StrCat(i)).ok());
  auto first = Join("c", "m");
  const std::vector<ConsumerEvent> taken = Take(*first);
  auto second = Join("c", "m");

  std::vector<ConsumerEvent> events;
  while (events.empty()) ASSERT_TRUE(second->Wait(Soon(), 100, events).ok());
  EXPECT_EQ(events[0].kind, ConsumerEvent::Kind::kAssigned);
  const std::vector<ConsumerEvent> told = Take(*first);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].kind, ConsumerEvent::Kind::kRevoked);
  EXPECT_EQ(told[1].kind, ConsumerEvent::Kind::kLost);
  EXPECT_EQ(told[1].sources, told[0].sources);

  // What it holds of the lost one can't be settled by it any more, the other one can.
  const std::size_t dropped = first->Settle(Tags(taken));
  EXPECT_GT(dropped, 0u);
  EXPECT_LT(dropped, 20u);
}

TEST_F(MemoryTransport, AFullLogRefusesUntilEveryGroupHasSettled) {
  MemoryOptions options;
  options.max_entries = 10;
  options.history_bytes = 0;
  Open(options);
  Declare("c", {"fast", "slow"}, 2);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Publish("c", "", "x").ok());
  const absl::Status full = Publish("c", "", "x");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);

  auto fast = Join("c", "fast");
  EXPECT_EQ(fast->Settle(Tags(Take(*fast))), 0u);
  EXPECT_THAT(MessageOf(Publish("c", "", "x")), HasSubstr("group d.slow is 10 behind"));

  auto slow = Join("c", "slow");
  EXPECT_EQ(slow->Settle(Tags(Take(*slow))), 0u);
  EXPECT_TRUE(Publish("c", "", "x").ok());
}

TEST_F(MemoryTransport, WhatEverybodyHasSettledIsKeptOnlyAsHistory) {
  MemoryOptions options;
  options.history_bytes = 5000;
  Open(options);
  Declare("c", {"m"}, 1);
  auto consumer = Join("c", "m");
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Publish("c", "", std::string(1000, 'x')).ok());
    EXPECT_EQ(consumer->Settle(Tags(Take(*consumer))), 0u);
  }
  const std::size_t kept = Bodies(Take(*Join("c", "late"))).size();
  EXPECT_GE(kept, 2u);
  EXPECT_LE(kept, 6u);
}

TEST_F(MemoryTransport, DeadLettersAreHeldThoughNobodyReadsThem) {
  MemoryOptions options;
  options.history_bytes = 0;
  Open(options);
  Declare("c", {"m"});
  OutgoingMessage message;
  message.destination = Destination::kQueue;
  message.channel = "c.m.dead";
  for (int i = 0; i < 50; ++i) {
    absl::Status outcome = absl::UnknownError("");
    ASSERT_TRUE(
        producer_->Send(message, Soon(), [&](absl::Status status) { outcome = status; }).ok());
    ASSERT_TRUE(outcome.ok()) << outcome;
  }
  ConsumerOptions nobody;
  nobody.subscriptions.push_back({Destination::kQueue, "c.m.dead", {}});
  EXPECT_EQ(Bodies(Take(**transport_->OpenConsumer(nobody))).size(), 50u);
}

TEST_F(MemoryTransport, MandatoryAsksForAGroupOfThatType) {
  Open();
  Topology topology;
  topology.channels.push_back({"c", 0, 0});
  topology.groups.push_back({"c", "d", "m", {"order.created"}});
  ASSERT_TRUE(transport_->Declare(topology, DeclareMode::kDeclare, Soon()).ok());
  EXPECT_TRUE(Publish("c", "", "x", "order.created").ok());
  EXPECT_EQ(Publish("c", "", "x", "order.deleted").code(), absl::StatusCode::kNotFound);
}

// 50 joins and leaves at random: in the end each partition has one owner.
TEST_F(MemoryTransport, AfterManyRebalancesEachPartitionHasOneOwner) {
  Open();
  Declare("c", {"m"}, 8);
  std::vector<std::unique_ptr<Consumer>> members;
  std::map<Consumer*, std::set<std::uint32_t>> owned;
  const auto listen = [&](Consumer& member) {
    for (const ConsumerEvent& event : Take(member)) {
      for (const std::uint32_t source : event.sources) {
        if (event.kind == ConsumerEvent::Kind::kAssigned) owned[&member].insert(source);
        if (event.kind == ConsumerEvent::Kind::kRevoked) owned[&member].erase(source);
      }
      if (event.kind == ConsumerEvent::Kind::kRevoked) member.Release(event.epoch);
    }
  };
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t random = SystemRuntime().Random();
    if (members.empty() || random % 3 != 0) {
      members.push_back(Join("c", "m"));
    } else {
      const std::size_t index = random / 3 % members.size();
      owned.erase(members[index].get());
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(index));
    }
    if (random % 2 == 0 && !members.empty()) listen(*members[random / 7 % members.size()]);
  }
  if (members.empty()) members.push_back(Join("c", "m"));
  for (int round = 0; round < 3; ++round) {
    for (auto& member : members) listen(*member);
  }
  std::size_t total = 0;
  for (const auto& [member, sources] : owned) {
    EXPECT_LE(sources.size(), (8 + members.size() - 1) / members.size());
    total += sources.size();
  }
  EXPECT_EQ(total, 8u);
  // And each of them is read.
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Publish("c", absl::StrCat(i), absl::StrCat(i)).ok());
  std::set<std::string> bodies;
  for (auto& member : members) {
    for (const std::string& body : Bodies(Take(*member))) EXPECT_TRUE(bodies.insert(body).second);
  }
  EXPECT_EQ(bodies.size(), 200u);
}

TEST(MemoryOptions, AreReadByTheirNames) {
  const Setting setting = *ParseSettings("partitions: 3\nmax_entries: 7\nrelease_timeout: 2s", "f");
  const absl::StatusOr<omnibus::MemoryOptions> options =
      ReadMemoryOptions(setting, "transports.memory");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->partitions, 3);
  EXPECT_EQ(options->max_entries, 7u);
  EXPECT_EQ(options->release_timeout, absl::Seconds(2));
}

TEST(MemoryOptions, ErrorsSayWhere) {
  const absl::StatusOr<omnibus::MemoryOptions> misspelt =
      ReadMemoryOptions(*ParseSettings("partition: 3", "f"), "transports.memory");
  EXPECT_THAT(MessageOf(misspelt.status()), HasSubstr("f:1:1"));
  const absl::StatusOr<omnibus::MemoryOptions> wrong =
      ReadMemoryOptions(*ParseSettings("partitions: 0", "f"), "transports.memory");
  EXPECT_THAT(MessageOf(wrong.status()), HasSubstr("partitions: must be from 1 to 1024"));
}

}  // namespace
}  // namespace omnibus
