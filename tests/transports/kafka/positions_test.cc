// Positions that a broker does not have: for a moment, any more, or since its topic was made again.
#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = ConsumerEvent::Kind;

struct ClientDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, ClientDeleter>;

// For what an administrator does.
Client NewClient(const std::string& brokers, const std::string& group = "") {
  std::array<char, 256> error{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error.data(), error.size());
  if (!group.empty()) {
    rd_kafka_conf_set(conf, "group.id", group.c_str(), error.data(), error.size());
  }
  rd_kafka_t* client = rd_kafka_new(group.empty() ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf,
                                    error.data(), error.size());
  EXPECT_NE(client, nullptr) << error.data();
  return Client(client);
}

// Runs `ask`, which asks the broker for something, and waits for the answer.
void Administer(const std::string& brokers,
                const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& ask) {
  const Client client = NewClient(brokers);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  ask(client.get(), queue);
  rd_kafka_event_t* answer = rd_kafka_queue_poll(queue, 10'000);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR)
      << rd_kafka_event_error_string(answer);
  rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(queue);
}

std::vector<std::string> Bodies(const std::vector<Received>& messages) {
  std::vector<std::string> bodies;
  for (const Received& message : messages) bodies.push_back(message.body);
  return bodies;
}

class KafkaPositionsTest : public KafkaTest {
 protected:
  // Publishes `from`, `from` + 1 ... in order.
  void PublishNumbers(const std::string& topic, int from, int to) {
    if (producer_ == nullptr) producer_ = std::move(transport_->OpenProducer()).value();
    for (int i = from; i < to; ++i) {
      ASSERT_EQ(Publish(*producer_, topic, "k", absl::StrCat(i)), absl::OkStatus());
    }
  }
  // Everything before `offset` of the topic's only partition.
  void DeleteBefore(const std::string& topic, std::int64_t offset) {
    Administer(brokers_, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
      rd_kafka_topic_partition_list_t* until = rd_kafka_topic_partition_list_new(1);
      rd_kafka_topic_partition_list_add(until, topic.c_str(), 0)->offset = offset;
      rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(until);
      rd_kafka_DeleteRecords(client, &wanted, 1, nullptr, queue);
      rd_kafka_DeleteRecords_destroy(wanted);
      rd_kafka_topic_partition_list_destroy(until);
    });
  }
  void CommitPosition(const std::string& group, const std::string& topic, std::int64_t offset) {
    const Client client = NewClient(brokers_, group);
    rd_kafka_topic_partition_list_t* positions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(positions, topic.c_str(), 0)->offset = offset;
    EXPECT_EQ(rd_kafka_commit(client.get(), positions, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(positions);
  }
  void DeleteTopic(const std::string& topic) {
    Administer(brokers_, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
      rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
      rd_kafka_DeleteTopics(client, &wanted, 1, nullptr, queue);
      rd_kafka_DeleteTopic_destroy(wanted);
    });
  }
  // A group that has settled the first two messages of five, and of which the broker keeps just the
  // last one.
  std::string TopicThatIsGoneFor(const std::string& module) {
    std::string topic = Topic();
    PublishNumbers(topic, 0, 5);
    const auto consumer = Join(topic, module);
    Settle(*consumer, Receive(*consumer, 2));
    EXPECT_EQ(consumer->Close(In(absl::Seconds(10))), absl::OkStatus());
    DeleteBefore(topic, 4);
    return topic;
  }
  std::unique_ptr<Producer> producer_;
};

TEST_F(KafkaPositionsTest, AGroupGoesOnAtWhatIsKeptWhenItsPositionIsNot) {
  const std::string topic = TopicThatIsGoneFor("billing");
  const auto consumer = Join(topic, "billing");
  std::vector<ConsumerEvent> changes;
  EXPECT_THAT(Bodies(Receive(*consumer, 1, absl::Seconds(15), &changes)), ElementsAre("4"));
  PublishNumbers(topic, 5, 7);
  EXPECT_THAT(Bodies(Receive(*consumer, 2, absl::Seconds(15), &changes)), ElementsAre("5", "6"));
  ASSERT_EQ(changes.size(), 1U) << "it owns its partition, and has not lost it";
  EXPECT_EQ(changes[0].kind, Kind::kAssigned);
}

TEST_F(KafkaPositionsTest, AGroupThatMustNotStartAnywhereEndsWhenItsPositionIsNotKept) {
  const std::string topic = TopicThatIsGoneFor("billing");
  const auto consumer = Join(topic, "billing", StartFrom::kError);
  absl::Status status;
  ASSERT_TRUE(Eventually([&] {
    std::vector<ConsumerEvent> events;
    status = consumer->Wait(In(absl::Milliseconds(100)), 10, events);
    for (const ConsumerEvent& event : events) EXPECT_NE(event.kind, Kind::kMessage);
    return !status.ok();
  }));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("set start_from to"));
}

TEST_F(KafkaPositionsTest, ATopicMadeAgainIsReadFromItsStartAlsoWhenItHasGrownPastThePosition) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 3);
  // Of a process that did not declare the topic, and does not make it again. A group would be told
  // to begin anew; nobody tells a reader.
  const auto other = Connect(Options());
  const auto reader = Join(*other, topic, "");
  ASSERT_EQ(Receive(*reader, 3).size(), 3U);
  DeleteTopic(topic);
  ASSERT_TRUE(Eventually([&] { return !reader->Health().healthy; }, absl::Seconds(30)));
  // One whose outcome is unknown may be there all the same.
  ASSERT_TRUE(
      Eventually([&] { return Publish(*producer_, topic, "k", "again", absl::Seconds(2)).ok(); },
                 absl::Seconds(30)));
  PublishNumbers(topic, 0, 10);
  std::vector<Received> received;
  EXPECT_TRUE(Eventually(
      [&] {
        for (const Received& each : Receive(*reader, 1, absl::Seconds(1))) received.push_back(each);
        return !received.empty() && received.back().body == "9";
      },
      absl::Seconds(30)));
  ASSERT_FALSE(received.empty());
  EXPECT_EQ(received.front().offset, 0);
  EXPECT_EQ(received.size(), static_cast<std::size_t>(received.back().offset) + 1);
}

// As behind a node that takes itself for the leader and has fewer messages than it missed: the
// group's position is past the end, until the messages are there.
class KafkaPastTheEndTest : public KafkaPositionsTest,
                            public ::testing::WithParamInterface<StartFrom> {};

TEST_P(KafkaPastTheEndTest, NothingIsReadAgainWhenThePositionIsPastTheEndForAMoment) {
  const std::string topic = Topic();
  PublishNumbers(topic, 0, 10);
  CommitPosition(absl::StrCat(topic, ".billing"), topic, 12);
  const auto consumer = Join(topic, "billing", GetParam());
  ASSERT_TRUE(NextChange(*consumer, Kind::kAssigned));
  // Long enough for the library to begin at the earliest message.
  std::vector<ConsumerEvent> changes;
  EXPECT_THAT(Bodies(Receive(*consumer, 1, absl::Seconds(2), &changes)), IsEmpty());
  PublishNumbers(topic, 10, 15);
  EXPECT_THAT(Bodies(Receive(*consumer, 3, absl::Seconds(15), &changes)),
              ElementsAre("12", "13", "14"));
  EXPECT_THAT(changes, IsEmpty()) << "its epoch has passed";
}

INSTANTIATE_TEST_SUITE_P(StartFrom, KafkaPastTheEndTest,
                         ::testing::Values(StartFrom::kEarliest, StartFrom::kError),
                         [](const auto& each) {
                           return each.param == StartFrom::kError ? "Error" : "Earliest";
                         });

}  // namespace
}  // namespace omnibus::testing
