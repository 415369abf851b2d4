#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;

class KafkaTopologyTest : public KafkaTest {
 protected:
  int PartitionsOf(const std::string& topic) {
    auto reader = Join(topic, "");
    const auto assigned = NextChange(*reader, ConsumerEvent::Kind::kAssigned);
    return assigned.has_value() ? static_cast<int>(assigned->sources.size()) : 0;
  }
};

TEST_F(KafkaTopologyTest, MakesChannelsAndTheDeadLettersOfTheirGroups) {
  const std::string channel = Fresh("orders");
  const Topology topology{
      .channels = {{.name = channel, .partitions = 3, .replication = 1}},
      .groups = {{.channel = channel, .domain = "shop", .module = "billing", .types = {}}}};
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  EXPECT_EQ(PartitionsOf(channel), 3);
  EXPECT_EQ(PartitionsOf(channel + ".billing.dead"), 1);
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kCheck, In(absl::Seconds(15))),
            absl::OkStatus());
}

TEST_F(KafkaTopologyTest, AnExistingTopicStaysAsItIs) {
  const std::string channel = Topic(2);
  const Topology topology{.channels = {{.name = channel, .partitions = 5}}, .groups = {}};
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  EXPECT_EQ(PartitionsOf(channel), 2);
}

TEST_F(KafkaTopologyTest, ASideQueueHasAsManyPartitionsAsItsChannelReallyHas) {
  const std::string channel = Topic(3);
  const std::string queue = channel + ".billing.retry.1s";
  const Topology topology{.channels = {{.name = channel, .partitions = 5}},
                          .groups = {{.channel = channel,
                                      .domain = "shop",
                                      .module = "billing",
                                      .types = {},
                                      .queues = {queue}}}};
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  EXPECT_EQ(PartitionsOf(queue), 3);
}

TEST_F(KafkaTopologyTest, ASideQueueThatIsNarrowerThanItsChannelIsWidened) {
  const std::string channel = Topic(4);
  const std::string queue = Topic(1);
  const Topology topology{.channels = {},
                          .groups = {{.channel = channel,
                                      .domain = "shop",
                                      .module = "billing",
                                      .types = {},
                                      .queues = {queue}}}};
  // The dead letters.
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kCheck, In(absl::Seconds(15))).code(),
            absl::StatusCode::kNotFound);
  Topology without = topology;
  without.groups[0].queues.clear();
  ASSERT_EQ(transport_->Declare(without, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  const absl::Status narrow =
      transport_->Declare(topology, DeclareMode::kCheck, In(absl::Seconds(15)));
  EXPECT_EQ(narrow.code(), absl::StatusCode::kFailedPrecondition) << narrow;
  EXPECT_THAT(std::string(narrow.message()), HasSubstr(queue));
  EXPECT_EQ(PartitionsOf(queue), 1);

  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  EXPECT_EQ(PartitionsOf(queue), 4);
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kCheck, In(absl::Seconds(15))),
            absl::OkStatus());
}

TEST_F(KafkaTopologyTest, ACheckNamesWhatIsMissingAndMakesNothing) {
  const std::string channel = Fresh("missing");
  const Topology topology{.channels = {{.name = channel}}, .groups = {}};
  for (int i = 0; i < 2; ++i) {
    const absl::Status status =
        transport_->Declare(topology, DeclareMode::kCheck, In(absl::Seconds(15)));
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr(channel));
  }
}

TEST_F(KafkaTopologyTest, ManyDeclareTheSameAtOnce) {
  const std::string channel = Fresh("shared");
  const Topology topology{.channels = {{.name = channel}}, .groups = {}};
  std::vector<std::future<absl::Status>> outcomes;
  for (int i = 0; i < 4; ++i) {
    outcomes.push_back(std::async(std::launch::async, [&] {
      return transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(20)));
    }));
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), absl::OkStatus());
}

TEST_F(KafkaTopologyTest, AReplicationThatTheClusterCannotHaveIsAnError) {
  const Topology topology{.channels = {{.name = Fresh("wide"), .partitions = 1, .replication = 3}},
                          .groups = {}};
  const absl::Status status =
      transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15)));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
}

void Delete(const std::string& brokers, const std::string& topic) {
  char error[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error, sizeof error);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  ASSERT_NE(client, nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
  rd_kafka_DeleteTopics(client, &wanted, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 10'000);
  EXPECT_NE(event, nullptr);
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_DeleteTopic_destroy(wanted);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
}

TEST_F(KafkaTopologyTest, ADeclaredTopicThatSomebodyDeletesIsMadeAgainAndReadingGoesOn) {
  const std::string topic = Topic();
  auto producer = transport_->OpenProducer();
  ASSERT_TRUE(producer.ok());
  auto consumer = Join(topic, "billing");
  // More than what is published before the reader notices: nobody can tell a topic that was made
  // again, and has grown past the reader's position, from the old one.
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Publish(**producer, topic, "k", "before"), absl::OkStatus());
  }
  const std::vector<Received> received = Receive(*consumer, 20);
  ASSERT_EQ(received.size(), 20U);
  Settle(*consumer, received);
  Delete(brokers_, topic);
  EXPECT_TRUE(
      Eventually([&] { return Publish(**producer, topic, "k", "after", absl::Seconds(2)).ok(); },
                 absl::Seconds(30)));
  const std::vector<Received> again = Receive(*consumer, 1, absl::Seconds(30));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].body, "after");
  EXPECT_TRUE(Eventually([&] { return consumer->Health().healthy; })) << consumer->Health().detail;
}

// Nothing listens there.
class KafkaUnreachableTest : public KafkaTest {
 protected:
  void SetUp() override {
    brokers_ = "127.0.0.1:1";
    transport_ = Connect(Options());
  }
};

TEST_F(KafkaUnreachableTest, EverythingEndsByItsDeadlineAndSaysWhy) {
  const absl::Time before = SystemRuntime().Now();
  const Topology topology{.channels = {{.name = "orders"}}, .groups = {}};
  const absl::Status declared =
      transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(1)));
  EXPECT_EQ(declared.code(), absl::StatusCode::kUnavailable) << declared;
  EXPECT_THAT(std::string(declared.message()), HasSubstr("127.0.0.1:1"));

  auto producer = transport_->OpenProducer();
  ASSERT_TRUE(producer.ok());
  const absl::Status published = Publish(**producer, "orders", "k", "x", absl::Seconds(1));
  EXPECT_EQ(published.code(), absl::StatusCode::kUnavailable) << published;
  EXPECT_FALSE((*producer)->Health().healthy);
  EXPECT_THAT((*producer)->Health().detail, HasSubstr("127.0.0.1:1"));

  for (const std::string module : {"billing", ""}) {
    auto consumer = Join("orders", module);
    EXPECT_TRUE(Receive(*consumer, 1, absl::Milliseconds(200)).empty());
    EXPECT_FALSE(consumer->Health().healthy);
    EXPECT_EQ(consumer->Close(In(absl::Seconds(2))), absl::OkStatus());
  }
  EXPECT_EQ((*producer)->Close(In(absl::Seconds(1))), absl::OkStatus());
  producer->reset();
  transport_.reset();
  EXPECT_LT(SystemRuntime().Now() - before, absl::Seconds(12));
}

}  // namespace
}  // namespace omnibus::testing
