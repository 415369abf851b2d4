#include <gmock/gmock.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

using Kind = ConsumerEvent::Kind;

class KafkaConsumerTest : public KafkaTest {
 protected:
  void SetUp() override {
    KafkaTest::SetUp();
    if (transport_ == nullptr) return;
    auto producer = transport_->OpenProducer();
    ASSERT_TRUE(producer.ok()) << producer.status();
    producer_ = std::move(*producer);
  }
  // Publishes "0", "1" ... under as many keys.
  void PublishNumbers(const std::string& topic, int from, int to) {
    std::vector<std::future<absl::Status>> outcomes;
    for (int i = from; i < to; ++i)
      outcomes.push_back(Send(*producer_, topic, absl::StrCat("key-", i), absl::StrCat(i)));
    for (auto& outcome : outcomes) ASSERT_EQ(outcome.get(), absl::OkStatus());
  }
  static std::multiset<std::string> Bodies(const std::vector<Received>& messages) {
    std::multiset<std::string> bodies;
    for (const Received& message : messages) bodies.insert(message.body);
    return bodies;
  }
  std::unique_ptr<Producer> producer_;
};

TEST_F(KafkaConsumerTest, TellsWhatItOwnsBeforeItsMessages) {
  const std::string topic = Topic(3);
  PublishNumbers(topic, 0, 9);
  auto consumer = Join(topic, "billing");
  std::vector<ConsumerEvent> events;
  ASSERT_EQ(consumer->Wait(In(absl::Seconds(15)), 1, events), absl::OkStatus());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kAssigned);
  EXPECT_EQ(events[0].sources.size(), 3U);
  const std::vector<Received> received = Receive(*consumer, 9);
  ASSERT_EQ(received.size(), 9U);
  for (const Received& message : received) EXPECT_EQ(message.tag.epoch, events[0].epoch);
}

TEST_F(KafkaConsumerTest, WhatWasSettledDoesNotComeBackAndTheRestDoes) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 10);
  auto consumer = Join(topic, "billing");
  std::vector<Received> received = Receive(*consumer, 10);
  ASSERT_EQ(received.size(), 10U);
  received.resize(6);
  EXPECT_EQ(Settle(*consumer, received), 0U);
  ASSERT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus());

  auto successor = Join(topic, "billing");
  const std::vector<Received> again = Receive(*successor, 4);
  EXPECT_EQ(Bodies(again), (std::multiset<std::string>{"6", "7", "8", "9"}));
}

TEST_F(KafkaConsumerTest, SettlingOutOfOrderNeverCommitsPastAHole) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 10);
  auto consumer = Join(topic, "billing");
  std::vector<Received> received = Receive(*consumer, 10);
  ASSERT_EQ(received.size(), 10U);
  received.erase(received.begin() + 3);
  Settle(*consumer, received);
  ASSERT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus());

  auto successor = Join(topic, "billing");
  const std::vector<Received> again = Receive(*successor, 7);
  ASSERT_EQ(again.size(), 7U);
  EXPECT_EQ(again.front().body, "3");
}

TEST_F(KafkaConsumerTest, WhatIsSettledIsCommittedSoonWithoutAClose) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 5);
  auto consumer = Join(topic, "billing");
  const std::vector<Received> received = Receive(*consumer, 5);
  ASSERT_EQ(received.size(), 5U);
  Settle(*consumer, received);
  // A client of the same group that never joins it sees what the broker was told.
  char error[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers_.c_str(), error, sizeof error);
  rd_kafka_conf_set(conf, "group.id", absl::StrCat(topic, ".billing").c_str(), error, sizeof error);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  ASSERT_NE(client, nullptr);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), 0);
  EXPECT_TRUE(Eventually([&] {
    return rd_kafka_committed(client, list, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           list->elems[0].offset == 5;
  }));
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(client);
}

TEST_F(KafkaConsumerTest, UnsettledMessagesComeBackAfterTheConsumerIsDestroyed) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 3);
  auto consumer = Join(topic, "billing");
  ASSERT_EQ(Receive(*consumer, 3).size(), 3U);
  consumer.reset();
  auto successor = Join(topic, "billing");
  EXPECT_EQ(Receive(*successor, 3).size(), 3U);
}

TEST_F(KafkaConsumerTest, SettlingTwiceIsCounted) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 2);
  auto consumer = Join(topic, "billing");
  const std::vector<Received> received = Receive(*consumer, 2);
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(Settle(*consumer, {received[1]}), 0U);
  EXPECT_EQ(Settle(*consumer, {received[1]}), 1U);
  EXPECT_EQ(Settle(*consumer, received), 1U);
}

TEST_F(KafkaConsumerTest, TwoMembersShareWithoutOverlap) {
  const std::string topic = Topic(4);
  auto one = Join(topic, "billing");
  ASSERT_TRUE(WaitUntilHealthy(*one));
  auto other = Join(topic, "billing");
  // Both have two partitions each, once the first has let two go.
  std::map<const Consumer*, std::set<std::uint32_t>> owned;
  const auto look = [&](Consumer& consumer) {
    std::vector<ConsumerEvent> events;
    EXPECT_EQ(consumer.Wait(In(absl::Milliseconds(50)), 10, events), absl::OkStatus());
    for (const ConsumerEvent& event : events) {
      for (const std::uint32_t source : event.sources) {
        if (event.kind == Kind::kAssigned) owned[&consumer].insert(source);
        if (event.kind != Kind::kAssigned) owned[&consumer].erase(source);
      }
      if (event.kind == Kind::kRevoked) consumer.Release(event.epoch);
    }
  };
  ASSERT_TRUE(Eventually([&] {
    look(*one);
    look(*other);
    return owned[one.get()].size() == 2 && owned[other.get()].size() == 2;
  }));
  PublishNumbers(topic, 0, 200);
  std::vector<Received> all;
  std::size_t from_one = 0;
  Eventually([&] {
    std::vector<Received> mine = Receive(*one, 200, absl::Milliseconds(50));
    from_one += mine.size();
    all.insert(all.end(), mine.begin(), mine.end());
    std::vector<Received> theirs = Receive(*other, 200, absl::Milliseconds(50));
    all.insert(all.end(), theirs.begin(), theirs.end());
    return all.size() >= 200;
  });
  EXPECT_EQ(all.size(), 200U);
  EXPECT_EQ(std::set<std::string>([&] {
              std::set<std::string> bodies;
              for (const Received& message : all) bodies.insert(message.body);
              return bodies;
            }())
                .size(),
            200U);
  EXPECT_GT(from_one, 0U);
  EXPECT_LT(from_one, 200U);
}

TEST_F(KafkaConsumerTest, ARevokedPartitionWaitsForItsRelease) {
  const std::string topic = Topic(2);
  PublishNumbers(topic, 0, 40);
  auto one = Join(topic, "billing");
  std::vector<Received> held = Receive(*one, 40);
  ASSERT_EQ(held.size(), 40U);

  auto other = Join(topic, "billing");
  const std::optional<ConsumerEvent> revoked = NextChange(*one, Kind::kRevoked);
  ASSERT_TRUE(revoked.has_value());
  ASSERT_EQ(revoked->sources.size(), 1U);
  EXPECT_TRUE(Receive(*other, 1, absl::Seconds(2)).empty());  // not before the release

  // What is settled before the release is committed with it: the next owner sees none of it.
  std::vector<Received> leaving;
  std::vector<Received> staying;
  for (const Received& message : held)
    (message.tag.source == revoked->sources[0] ? leaving : staying).push_back(message);
  ASSERT_GT(leaving.size(), 1U);
  const Received last = leaving.back();
  leaving.pop_back();
  EXPECT_EQ(Settle(*one, leaving), 0U);
  one->Release(revoked->epoch);
  const std::vector<Received> taken = Receive(*other, 1);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].body, last.body);

  EXPECT_EQ(Settle(*one, {last}), 1U);   // too late: dropped and counted
  EXPECT_EQ(Settle(*one, staying), 0U);  // these are still its own
  one->Release(revoked->epoch);          // an epoch that has passed is ignored
  PublishNumbers(topic, 40, 60);
  std::size_t more = 0;
  EXPECT_TRUE(Eventually([&] {
    more += Receive(*one, 20, absl::Milliseconds(50)).size() +
            Receive(*other, 20, absl::Milliseconds(50)).size();
    return more == 20;
  }));
}

TEST_F(KafkaConsumerTest, WhatIsSettledWhileTheGroupIsMadeAnewIsCommittedAfterwards) {
  const std::string topic = Topic(4);
  std::vector<std::unique_ptr<Consumer>> members;
  std::map<const Consumer*, std::vector<Received>> received;
  std::map<const Consumer*, std::size_t> owned;
  const auto look = [&](Consumer& member, bool release) -> std::optional<std::uint64_t> {
    std::vector<ConsumerEvent> changes;
    for (Received& message : Receive(member, 40, absl::Milliseconds(50), &changes)) {
      received[&member].push_back(std::move(message));
    }
    std::optional<std::uint64_t> revoked;
    for (const ConsumerEvent& change : changes) {
      EXPECT_NE(change.kind, Kind::kLost);
      if (change.kind == Kind::kAssigned) owned[&member] += change.sources.size();
      if (change.kind != Kind::kRevoked) continue;
      owned[&member] -= change.sources.size();
      if (release) member.Release(change.epoch);
      revoked = change.epoch;
    }
    return revoked;
  };
  members.push_back(Join(topic, "billing"));
  ASSERT_TRUE(WaitUntilHealthy(*members[0]));
  members.push_back(Join(topic, "billing"));
  ASSERT_TRUE(Eventually([&] {
    look(*members[0], true);
    look(*members[1], true);
    return owned[members[0].get()] == 2 && owned[members[1].get()] == 2;
  }));
  PublishNumbers(topic, 0, 80);
  ASSERT_TRUE(Eventually([&] {
    look(*members[0], true);
    look(*members[1], true);
    return received[members[0].get()].size() + received[members[1].get()].size() == 80;
  }));

  // One of the two has to let a partition go for the third, and holds it: its messages still run.
  members.push_back(Join(topic, "billing"));
  std::optional<std::uint64_t> held;
  Consumer* holder = nullptr;
  ASSERT_TRUE(Eventually([&] {
    for (int i = 0; i < 2 && !held; ++i) {
      held = look(*members[static_cast<std::size_t>(i)], false);
      if (held) holder = members[static_cast<std::size_t>(i)].get();
    }
    return held.has_value();
  }));
  Consumer* worker = holder == members[0].get() ? members[1].get() : members[0].get();

  // So the fourth has to wait, and everybody with it; what the other one settles meanwhile must
  // neither be refused nor cost it its partitions.
  members.push_back(Join(topic, "billing"));
  std::multiset<std::string> settled;
  for (const Received& message : received[worker]) {
    EXPECT_EQ(Settle(*worker, {message}), 0U);
    settled.insert(message.body);
    look(*worker, true);
    look(*members[2], true);
    look(*members[3], true);
  }
  EXPECT_EQ(Settle(*holder, received[holder]), 0U);
  holder->Release(*held);
  ASSERT_TRUE(Eventually([&] {
    for (const auto& member : members) look(*member, true);
    return owned[members[3].get()] == 1 && owned[members[2].get()] == 1;
  }));
  // Nothing came again to whoever took a partition over, and nothing will: all is committed.
  for (const auto& member : members) look(*member, true);
  EXPECT_EQ(received[members[2].get()].size() + received[members[3].get()].size(), 0U);
  EXPECT_EQ(received[members[0].get()].size() + received[members[1].get()].size(), 80U);
  for (auto& member : members) EXPECT_EQ(member->Close(In(absl::Seconds(10))), absl::OkStatus());
  members.push_back(Join(topic, "billing"));
  EXPECT_TRUE(Receive(*members.back(), 1, absl::Seconds(2)).empty());
}

TEST_F(KafkaConsumerTest, ARevokedPartitionThatNobodyReleasesGoesByItself) {
  KafkaOptions options = Options();
  options.release_within = absl::Seconds(1);
  auto transport = Connect(options);
  const std::string topic = Topic(2);
  PublishNumbers(topic, 0, 40);
  auto one = Join(*transport, topic, "billing");
  ASSERT_EQ(Receive(*one, 40).size(), 40U);
  auto other = Join(*transport, topic, "billing");
  EXPECT_FALSE(Receive(*other, 1).empty());
}

TEST_F(KafkaConsumerTest, ANewGroupStartsAtTheEarliestMessage) {
  const std::string topic = Topic(2);
  PublishNumbers(topic, 0, 10);
  auto consumer = Join(topic, "billing", StartFrom::kEarliest);
  EXPECT_EQ(Receive(*consumer, 10).size(), 10U);
}

TEST_F(KafkaConsumerTest, ANewGroupThatStartsLatestSeesJustWhatComesAfterItWasReady) {
  const std::string topic = Topic(2);
  PublishNumbers(topic, 0, 10);
  auto consumer = Join(topic, "billing", StartFrom::kLatest);
  ASSERT_TRUE(WaitUntilHealthy(*consumer));
  PublishNumbers(topic, 10, 20);
  EXPECT_EQ(Bodies(Receive(*consumer, 10)).count("9"), 0U);
  EXPECT_TRUE(Receive(*consumer, 1, absl::Milliseconds(300)).empty());
}

TEST_F(KafkaConsumerTest, AGroupThatStartedLatestMissesNothingWhenItsFirstMemberDies) {
  const std::string topic = Topic(2);
  PublishNumbers(topic, 0, 10);
  auto consumer = Join(topic, "billing", StartFrom::kLatest);
  ASSERT_TRUE(WaitUntilHealthy(*consumer));
  ASSERT_EQ(consumer->Close(In(absl::Seconds(10))),
            absl::OkStatus());  // without having seen a message
  PublishNumbers(topic, 10, 20);
  auto successor = Join(topic, "billing", StartFrom::kLatest);
  EXPECT_EQ(Receive(*successor, 10).size(), 10U);
}

TEST_F(KafkaConsumerTest, ANewGroupIsRefusedWhereItMustNotBeNew) {
  const std::string topic = Topic(2);
  PublishNumbers(topic, 0, 4);
  const std::string module = "strict";
  auto consumer = Join(topic, module, StartFrom::kError);
  std::vector<ConsumerEvent> events;
  absl::Status status;
  EXPECT_TRUE(Eventually([&] {
    status = consumer->Wait(In(absl::Milliseconds(100)), 1, events);
    return !status.ok();
  }));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(absl::StrCat(topic, ".strict")));
  EXPECT_FALSE(consumer->Health().healthy);
  EXPECT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus());

  // One that is known goes on where it was.
  auto first = Join(topic, "known");
  const std::vector<Received> received = Receive(*first, 4);
  Settle(*first, received);
  ASSERT_EQ(first->Close(In(absl::Seconds(10))), absl::OkStatus());
  PublishNumbers(topic, 4, 6);
  auto strict = Join(topic, "known", StartFrom::kError);
  EXPECT_EQ(Bodies(Receive(*strict, 2)), (std::multiset<std::string>{"4", "5"}));
}

TEST_F(KafkaConsumerTest, NobodysReaderSeesWhatIsPublishedOnceItIsReadyAndTakesNothing) {
  const std::string topic = Topic(3);
  PublishNumbers(topic, 0, 10);
  auto reader = Join(topic, "", StartFrom::kLatest);
  ASSERT_TRUE(WaitUntilHealthy(*reader));
  PublishNumbers(topic, 10, 20);
  const std::vector<Received> received = Receive(*reader, 10);
  EXPECT_EQ(received.size(), 10U);
  EXPECT_EQ(Bodies(received).count("0"), 0U);
  EXPECT_EQ(Settle(*reader, received), 0U);
  auto consumer = Join(topic, "billing");
  EXPECT_EQ(Receive(*consumer, 20).size(), 20U);
}

TEST_F(KafkaConsumerTest, AQueueIsATopicOfItsName) {
  const std::string channel = Fresh("channel");
  const Topology topology{
      .channels = {},
      .groups = {{.channel = channel, .domain = "test", .module = "billing", .types = {}}}};
  ASSERT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  OutgoingMessage message;
  message.destination = Destination::kQueue;
  const std::string queue = absl::StrCat(channel, ".billing.dead");
  message.channel = queue;
  message.body = "dead";
  std::promise<absl::Status> outcome;
  ASSERT_EQ(producer_->Send(message, In(absl::Seconds(10)),
                            [&](absl::Status status) { outcome.set_value(status); }),
            absl::OkStatus());
  EXPECT_EQ(outcome.get_future().get(), absl::OkStatus());
  auto reader = Join(queue, "");
  EXPECT_EQ(Receive(*reader, 1).size(), 1U);
}

TEST_F(KafkaConsumerTest, ACallerThatDoesNotWaitKeepsItsPlaceInTheGroup) {
  KafkaOptions options = Options();
  options.client["max.poll.interval.ms"] = "6000";  // the least beside its session timeout
  auto transport = Connect(options);
  const std::string topic = Topic();
  auto consumer = Join(*transport, topic, "billing");
  ASSERT_TRUE(NextChange(*consumer, Kind::kAssigned).has_value());
  PublishNumbers(topic, 0, 5);
  const std::vector<Received> received = Receive(*consumer, 5);
  SystemRuntime().SleepUntil(In(absl::Seconds(8)));  // a handler that runs for long
  EXPECT_EQ(Settle(*consumer, received), 0U);
  EXPECT_TRUE(consumer->Health().healthy);
}

TEST_F(KafkaConsumerTest, InterruptEndsAWait) {
  auto consumer = Join(Topic(), "billing");
  ASSERT_TRUE(NextChange(*consumer, Kind::kAssigned).has_value());
  std::vector<ConsumerEvent> events;
  std::thread interrupter([&] { consumer->Interrupt(); });
  EXPECT_EQ(consumer->Wait(In(absl::Seconds(60)), 1, events), absl::OkStatus());
  interrupter.join();
  EXPECT_TRUE(events.empty());
}

TEST_F(KafkaConsumerTest, CloseEndsAWaitAndLaterOnesAreErrors) {
  auto consumer = Join(Topic(), "billing");
  ASSERT_TRUE(NextChange(*consumer, Kind::kAssigned).has_value());
  std::thread closer([&] { EXPECT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus()); });
  std::vector<ConsumerEvent> events;
  EXPECT_EQ(consumer->Wait(In(absl::Seconds(60)), 1, events).code(),
            absl::StatusCode::kFailedPrecondition);
  closer.join();
  EXPECT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus());
  EXPECT_EQ(consumer->Wait(In(absl::Seconds(1)), 1, events).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(KafkaConsumerTest, MessagesOutliveTheirConsumer) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 3);
  auto transport = Connect(Options());
  auto consumer = Join(*transport, topic, "billing");
  std::vector<ConsumerEvent> events;
  ASSERT_TRUE(Eventually([&] {
    EXPECT_EQ(consumer->Wait(In(absl::Seconds(1)), 10, events), absl::OkStatus());
    return events.size() == 4;  // what it owns, and three messages
  }));
  ASSERT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus());
  consumer.reset();
  EXPECT_EQ(events.back().message.body, "2");
  EXPECT_EQ(events.back().message.channel, topic);
  std::thread elsewhere([&] { events.clear(); });
  elsewhere.join();
}

TEST_F(KafkaConsumerTest, IsNotHealthyWhileItsTopicIsMissingAndReadsItOnceItIsThere) {
  const std::string topic = Fresh("later");
  auto consumer = Join(topic, "billing");
  EXPECT_TRUE(Eventually([&] {
    return consumer->Health().detail.find(topic) != std::string::npos;
  })) << consumer->Health().detail;
  EXPECT_FALSE(consumer->Health().healthy);
  const Topology topology{.channels = {{.name = topic, .partitions = 1}}, .groups = {}};
  ASSERT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  PublishNumbers(topic, 0, 1);
  EXPECT_EQ(Receive(*consumer, 1, absl::Seconds(30)).size(), 1U);
  EXPECT_TRUE(consumer->Health().healthy);
}

}  // namespace
}  // namespace omnibus::testing
