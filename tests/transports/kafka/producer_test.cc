#include "transports/kafka/producer.h"

#include <gmock/gmock.h>

#include <atomic>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class KafkaProducerTest : public KafkaTest {
 protected:
  void SetUp() override {
    KafkaTest::SetUp();
    if (transport_ == nullptr) return;
    producer_ = Open(*transport_);
  }
  static std::unique_ptr<Producer> Open(Transport& transport) {
    auto producer = transport.OpenProducer();
    EXPECT_TRUE(producer.ok()) << producer.status();
    return producer.ok() ? std::move(*producer) : nullptr;
  }
  std::unique_ptr<Producer> producer_;
};

TEST_F(KafkaProducerTest, BytesHeadersAndKeyArriveUntouched) {
  const std::string topic = Topic();
  const std::string odd = std::string("a\0\xff\xfe", 4) + "\r\n";
  const std::string largest(transport_->GetCapabilities().max_body_bytes, '\x80');
  const std::vector<HeaderView> headers = {
      {"event_type", "order.created"}, {"empty", ""}, {"größe", "€ \n\"quoted\""}};
  std::vector<std::future<absl::Status>> outcomes;
  for (const std::string& body : {std::string(), std::string("x"), odd, largest}) {
    outcomes.push_back(Send(*producer_, topic, "key-1", body, absl::Seconds(15), headers));
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), absl::OkStatus());

  auto consumer = Join(topic, "reader");
  const std::vector<Received> received = Receive(*consumer, 4);
  ASSERT_EQ(received.size(), 4U);
  EXPECT_EQ(received[0].body, "");
  EXPECT_EQ(received[1].body, "x");
  EXPECT_EQ(received[2].body, odd);
  EXPECT_EQ(received[3].body, largest);
  EXPECT_EQ(received[0].key, "key-1");
  EXPECT_EQ(received[0].channel, topic);
  EXPECT_EQ(received[3].offset, 3);
  EXPECT_THAT(received[0].headers, ElementsAre(Pair("event_type", "order.created"),
                                               Pair("empty", ""), Pair("größe", "€ \n\"quoted\"")));
}

TEST_F(KafkaProducerTest, ALonePublishIsConfirmedAtOnce) {
  const std::string topic = Topic();
  ASSERT_EQ(Publish(*producer_, topic, "k", "first"), absl::OkStatus());  // looks up the topic
  const absl::Time before = SystemRuntime().Now();
  ASSERT_EQ(Publish(*producer_, topic, "k", "second"), absl::OkStatus());
  EXPECT_LT(SystemRuntime().Now() - before, absl::Milliseconds(500));
}

TEST_F(KafkaProducerTest, AConfirmedMessageIsThereForAReaderThatComesLater) {
  const std::string topic = Topic();
  ASSERT_EQ(Publish(*producer_, topic, "k", "kept"), absl::OkStatus());
  ASSERT_EQ(producer_->Close(In(absl::Seconds(5))), absl::OkStatus());
  auto reader = Join(topic, "", StartFrom::kEarliest);
  const std::vector<Received> received = Receive(*reader, 1);
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].body, "kept");
}

TEST_F(KafkaProducerTest, AnUnknownTopicIsNotFoundWithinTheDeadline) {
  const absl::Time before = SystemRuntime().Now();
  const absl::Status first = Publish(*producer_, Fresh("nowhere"), "k", "x", absl::Seconds(5));
  EXPECT_EQ(first.code(), absl::StatusCode::kNotFound) << first;
  EXPECT_LT(SystemRuntime().Now() - before, absl::Seconds(5));
  EXPECT_EQ(Publish(*producer_, Topic(), "k", "x"), absl::OkStatus());
}

TEST_F(KafkaProducerTest, ATopicThatIsMadeLaterIsFound) {
  const std::string name = Fresh("later");
  EXPECT_EQ(Publish(*producer_, name, "k", "x", absl::Seconds(5)).code(),
            absl::StatusCode::kNotFound);
  const Topology topology{.channels = {{.name = name, .partitions = 1}}, .groups = {}};
  ASSERT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(15))),
            absl::OkStatus());
  EXPECT_TRUE(
      Eventually([&] { return Publish(*producer_, name, "k", "x", absl::Seconds(5)).ok(); }));
}

TEST_F(KafkaProducerTest, AnOversizedMessageIsRefusedAtOnceAndTheNextOneGoesOut) {
  const std::string topic = Topic();
  OutgoingMessage message;
  message.channel = topic;
  const std::string body(transport_->GetCapabilities().max_body_bytes + 1, 'x');
  message.body = body;
  const absl::Status status =
      producer_->Send(message, In(absl::Seconds(5)), [](absl::Status) { FAIL(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(Publish(*producer_, topic, "k", "x"), absl::OkStatus());
}

TEST_F(KafkaProducerTest, AMessageThatIsTooLargeForItsTopicIsRefused) {
  KafkaOptions options = Options();
  options.client["message.max.bytes"] = "4000000";  // more than the broker's topics take
  auto transport = Connect(options);
  auto producer = Open(*transport);
  const std::string topic = Topic();
  const absl::Status status = Publish(*producer, topic, "k", std::string(3'000'000, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(Publish(*producer, topic, "k", "x"), absl::OkStatus());
}

TEST_F(KafkaProducerTest, AHeaderThatIsNoUtf8IsRefused) {
  const std::string topic = Topic();
  const std::vector<HeaderView> headers = {{"name", "\xff"}};
  EXPECT_EQ(Send(*producer_, topic, "k", "x", absl::Seconds(5), headers).get().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(KafkaProducerTest, AnEmptyBodyIsNoTombstone) {
  const std::string topic = Topic();
  ASSERT_EQ(Publish(*producer_, topic, "k", ""), absl::OkStatus());
  auto reader = Join(topic, "");
  ASSERT_EQ(Receive(*reader, 1).size(), 1U);
}

// The reference values are those of Java's DefaultPartitioner: toPositive(murmur2(key)) %
// partitions.
std::uint32_t JavaMurmur2(std::string_view key) {
  constexpr std::uint32_t kM = 0x5bd1e995;
  std::uint32_t hash = 0x9747b28c ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i]));
  };
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t k = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    k *= kM;
    k ^= k >> 24;
    k *= kM;
    hash = hash * kM ^ k;
  }
  const std::size_t left = key.size() - at;
  if (left == 3) hash ^= byte(at + 2) << 16;
  if (left >= 2) hash ^= byte(at + 1) << 8;
  if (left >= 1) {
    hash ^= byte(at);
    hash *= kM;
  }
  hash ^= hash >> 13;
  hash *= kM;
  hash ^= hash >> 15;
  return hash;
}

TEST_F(KafkaProducerTest, AKeyIsOnThePartitionThatAJavaProducerChooses) {
  // From Kafka's own UtilsTest.testMurmur2.
  ASSERT_EQ(static_cast<std::int32_t>(JavaMurmur2("21")), -973932308);
  ASSERT_EQ(static_cast<std::int32_t>(JavaMurmur2("foobar")), -790332482);
  ASSERT_EQ(static_cast<std::int32_t>(JavaMurmur2("a-little-bit-long-string")), -985981536);
  ASSERT_EQ(
      static_cast<std::int32_t>(JavaMurmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
      -58897971);

  const std::string topic = Topic(7);
  const std::vector<std::string> keys = {"21",
                                         "foobar",
                                         "a-little-bit-long-string",
                                         "a-little-bit-longer-string",
                                         "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                                         "abc",
                                         "größe"};
  for (const std::string& key : keys)
    ASSERT_EQ(Publish(*producer_, topic, key, key), absl::OkStatus());
  auto reader = Join(topic, "");
  for (const Received& received : Receive(*reader, keys.size())) {
    EXPECT_EQ(received.partition, (JavaMurmur2(received.key) & 0x7fffffff) % 7) << received.key;
  }
}

TEST_F(KafkaProducerTest, WhatOneThreadSendsUnderOneKeyStaysInOrder) {
  const std::string topic = Topic(4);
  constexpr int kCount = 2000;
  std::vector<std::future<absl::Status>> outcomes;
  for (int i = 0; i < kCount; ++i) {
    outcomes.push_back(Send(*producer_, topic, absl::StrCat("key-", i % 5), absl::StrCat(i)));
  }
  for (auto& outcome : outcomes) ASSERT_EQ(outcome.get(), absl::OkStatus());
  auto reader = Join(topic, "");
  std::map<std::string, int> last;
  const std::vector<Received> received = Receive(*reader, kCount);
  EXPECT_EQ(received.size(), static_cast<std::size_t>(kCount));
  for (const Received& message : received) {
    const int number = std::stoi(message.body);
    const auto [entry, first] = last.try_emplace(message.key, -1);
    EXPECT_LT(entry->second, number);
    entry->second = number;
  }
}

TEST_F(KafkaProducerTest, FlushWaitsForWhatWasSentBefore) {
  const std::string topic = Topic();
  std::atomic<int> done = 0;
  OutgoingMessage message;
  message.channel = topic;
  message.body = "x";
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(producer_->Send(message, In(absl::Seconds(15)), [&](absl::Status) { ++done; }),
              absl::OkStatus());
  }
  EXPECT_EQ(producer_->Flush(In(absl::Seconds(15))), absl::OkStatus());
  EXPECT_EQ(done, 500);
}

TEST_F(KafkaProducerTest, AfterCloseNothingIsTaken) {
  const std::string topic = Topic();
  auto outcome = Send(*producer_, topic, "k", "x");
  EXPECT_EQ(producer_->Close(In(absl::Seconds(15))), absl::OkStatus());
  EXPECT_EQ(outcome.get(), absl::OkStatus());
  EXPECT_EQ(producer_->Close(In(absl::Seconds(15))), absl::OkStatus());
  EXPECT_EQ(Publish(*producer_, topic, "k", "x").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(KafkaProducerTest, AFatalErrorStartsANewClientAndEachMessageHasOneOutcome) {
  const std::string topic = Topic();
  auto& producer = dynamic_cast<kafka::KafkaProducer&>(*producer_);
  ASSERT_EQ(Publish(producer, topic, "k", "before"), absl::OkStatus());
  std::vector<std::future<absl::Status>> outcomes;
  for (int i = 0; i < 200; ++i)
    outcomes.push_back(Send(producer, topic, "k", absl::StrCat(i), absl::Seconds(5)));
  producer.RaiseFatalErrorForTest();
  std::size_t confirmed = 0;
  for (auto& outcome : outcomes)
    confirmed += outcome.get().ok() ? 1 : 0;  // a second outcome would throw
  EXPECT_TRUE(
      Eventually([&] { return Publish(producer, topic, "k", "after", absl::Seconds(5)).ok(); }));
  auto reader = Join(topic, "");
  EXPECT_GE(Receive(*reader, confirmed + 2).size(), confirmed + 2);
}

TEST_F(KafkaProducerTest, IsHealthyOnceABrokerAnswers) {
  EXPECT_TRUE(Eventually([&] { return producer_->Health().healthy; }));
}

}  // namespace
}  // namespace omnibus::testing
