#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include "omnibus/configuration.h"
#include "omnibus/transports/kafka.h"

namespace omnibus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<KafkaOptions> Read(const std::string& yaml) {
  const absl::StatusOr<Setting> setting = ParseSettings(yaml, "omnibus.yaml");
  if (!setting.ok()) return setting.status();
  return ReadKafkaOptions(*setting, "transports.kafka");
}

std::string ErrorOf(const std::string& yaml) { return std::string(Read(yaml).status().message()); }

TEST(KafkaOptionsTest, ReadsEveryKey) {
  const auto options = Read(R"(
brokers: [one:9092, "two:9092"]
client: { compression.type: lz4, linger.ms: 5, fetch.wait.max.ms: 100 }
partitions: 8
replication: 3
producer: { queue_messages: 500, linger: 2ms }
consumer: { commit_every: 10, commit_after: 1s, release_within: 5s }
)");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->brokers, "one:9092,two:9092");
  EXPECT_EQ(options->client.at("compression.type"), "lz4");
  EXPECT_EQ(options->partitions, 8);
  EXPECT_EQ(options->replication, 3);
  EXPECT_EQ(options->queue_messages, 500);
  EXPECT_EQ(options->linger, absl::Milliseconds(2));
  EXPECT_EQ(options->commit_every, 10);
  EXPECT_EQ(options->commit_after, absl::Seconds(1));
  EXPECT_EQ(options->release_within, absl::Seconds(5));
  // Each is given to the side that knows it: librdkafka takes them all.
  auto transport =
      MakeKafkaTransport(*options, SystemRuntime(), std::make_shared<spdlog::logger>("quiet"));
  EXPECT_TRUE(transport.ok()) << transport.status();
}

TEST(KafkaOptionsTest, WithoutAnySettingTheDefaultsHold) {
  const auto options = ReadKafkaOptions(Setting(), "transports.kafka");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->brokers, "localhost:9092");
}

TEST(KafkaOptionsTest, AnErrorNamesItsPlaceAndKey) {
  EXPECT_THAT(ErrorOf("broker: x"), AllOf(HasSubstr("omnibus.yaml:1"), HasSubstr("broker")));
  EXPECT_THAT(ErrorOf("client:\n  compresion.type: lz4"),
              AllOf(HasSubstr("omnibus.yaml:2"), HasSubstr("transports.kafka.client"),
                    HasSubstr("compresion.type")));
  EXPECT_THAT(ErrorOf("client: { linger.ms: soon }"), HasSubstr("linger.ms"));
  EXPECT_THAT(ErrorOf("partitions: 0"), HasSubstr("1 or more"));
  EXPECT_THAT(ErrorOf("producer: { queue_messages: 0 }"), HasSubstr("queue_messages"));
}

TEST(KafkaOptionsTest, WhatTheGuaranteesRestOnCannotBeOverridden) {
  for (const std::string key :
       {"acks", "enable.idempotence", "group.id", "enable.auto.commit", "auto.offset.reset",
        "bootstrap.servers", "transactional.id", "dr_msg_cb"}) {
    EXPECT_THAT(ErrorOf("client: { " + key + ": x }"), HasSubstr(key));
  }
}

TEST(KafkaOptionsTest, APasswordIsInNoError) {
  EXPECT_THAT(ErrorOf("client: { sasl.pasword: hunter2 }"),
              AllOf(HasSubstr("sasl.pasword"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(ErrorOf("client: { ssl.key.pem: hunter2 }"), Not(HasSubstr("hunter2")));
  KafkaOptions options;
  options.client = {{"security.protocol", "ssl"}, {"ssl.key.pem", "hunter2"}};
  const auto transport =
      MakeKafkaTransport(options, SystemRuntime(), std::make_shared<spdlog::logger>("quiet"));
  EXPECT_FALSE(transport.ok());
  EXPECT_THAT(std::string(transport.status().message()), Not(HasSubstr("hunter2")));
}

TEST(KafkaOptionsTest, OptionsThatContradictEachOtherAreRefusedWithoutABroker) {
  KafkaOptions options;
  options.client = {{"session.timeout.ms", "400000"}};  // more than max.poll.interval.ms
  const auto transport =
      MakeKafkaTransport(options, SystemRuntime(), std::make_shared<spdlog::logger>("quiet"));
  EXPECT_EQ(transport.status().code(), absl::StatusCode::kInvalidArgument) << transport.status();
}

}  // namespace
}  // namespace omnibus
