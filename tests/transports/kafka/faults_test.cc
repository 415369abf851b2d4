// What happens when the broker goes away. Each test has a broker of its own.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/brokers.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

// The broker's process: the one whose server.properties name its port.
pid_t ProcessOf(const std::string& address) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::stringstream text;
    text << file.rdbuf();
    std::string argument;
    bool kafka = false;
    while (std::getline(text, argument, '\0')) {
      if (argument == "kafka.Kafka") kafka = true;
      if (!kafka || !argument.ends_with("server.properties")) continue;
      std::ifstream properties(argument);
      std::stringstream content;
      content << properties.rdbuf();
      if (content.str().find(address + ",") != std::string::npos)
        return std::stoi(entry.path().filename());
    }
  }
  return 0;
}

class KafkaFaultsTest : public KafkaTest {
 protected:
  void SetUp() override {
    std::optional<PrivateBroker> started = PrivateBroker::Start(PrivateBroker::Kind::kKafka);
    if (!started.has_value()) GTEST_SKIP() << kNoKafka;
    broker_.emplace(std::move(*started));
    brokers_ = broker_->address();
    transport_ = Connect(Options());
    auto producer = transport_->OpenProducer();
    ASSERT_TRUE(producer.ok()) << producer.status();
    producer_ = std::move(*producer);
  }
  void TearDown() override { Resume(); }
  void Pause() {
    paused_ = ProcessOf(brokers_);
    ASSERT_NE(paused_, 0);
    ASSERT_EQ(kill(paused_, SIGSTOP), 0);
  }
  void Resume() {
    if (paused_ != 0) kill(paused_, SIGCONT);
    paused_ = 0;
  }

  std::optional<PrivateBroker> broker_;
  std::unique_ptr<Producer> producer_;
  pid_t paused_ = 0;
};

TEST_F(KafkaFaultsTest, ABrokerThatAnswersNobodyKeepsNobodyWaiting) {
  const std::string topic = Topic();
  ASSERT_EQ(Publish(*producer_, topic, "k", "first"), absl::OkStatus());
  auto consumer = Join(topic, "billing");
  const std::vector<Received> received = Receive(*consumer, 1);
  ASSERT_EQ(received.size(), 1U);
  Pause();

  // Publishing ends by its deadline, as unknown: the broker may have it.
  for (const absl::Duration within : {absl::Milliseconds(50), absl::Milliseconds(700)}) {
    const absl::Time deadline = In(within);
    const absl::Status status = Send(*producer_, topic, "k", "held", within).get();
    const absl::Duration late = SystemRuntime().Now() - deadline;
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_LE(late, absl::Milliseconds(100));
    EXPECT_GE(late, absl::ZeroDuration());
  }
  // Health says so within two of its intervals, in both directions.
  EXPECT_TRUE(Eventually([&] { return !consumer->Health().healthy; })) << consumer->Health().detail;
  auto held = Send(*producer_, topic, "k", "held", absl::Seconds(20));
  EXPECT_TRUE(Eventually([&] { return !producer_->Health().healthy; }))
      << producer_->Health().detail;

  // Closing ends by its deadline, and says that the broker does not know what was settled.
  EXPECT_EQ(Settle(*consumer, received), 0U);
  const absl::Time before = SystemRuntime().Now();
  EXPECT_EQ(consumer->Close(In(absl::Seconds(1))).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(transport_
                ->Declare({.channels = {{.name = "x"}}, .groups = {}}, DeclareMode::kDeclare,
                          In(absl::Seconds(1)))
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(producer_->Flush(In(absl::Milliseconds(100))).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(SystemRuntime().Now() - before, absl::Seconds(4));

  Resume();
  EXPECT_EQ(held.get(), absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return producer_->Health().healthy; }))
      << producer_->Health().detail;
}

TEST_F(KafkaFaultsTest, NothingIsLostWhenTheBrokerCrashesInTraffic) {
  const std::string topic = Topic(4);
  auto consumer = Join(topic, "billing");
  ASSERT_TRUE(WaitUntilHealthy(*consumer));

  std::atomic<bool> stop = false;
  std::set<std::string> confirmed;
  std::thread publisher([&] {
    for (int i = 0; !stop; ++i) {
      // Tried again until it is confirmed, as the bus does.
      const std::string body = absl::StrCat(i);
      while (
          !Publish(*producer_, topic, absl::StrCat("key-", i % 10), body, absl::Seconds(5)).ok()) {
      }
      confirmed.insert(body);
    }
  });
  std::multiset<std::string> seen;
  std::thread reader([&] {
    while (!stop) {
      const std::vector<Received> received = Receive(*consumer, 100, absl::Milliseconds(100));
      for (const Received& message : received) seen.insert(message.body);
      Settle(*consumer, received);
    }
  });
  SystemRuntime().SleepUntil(In(absl::Seconds(1)));
  ASSERT_TRUE(broker_->Kill());
  EXPECT_TRUE(
      Eventually([&] { return !producer_->Health().healthy && !consumer->Health().healthy; }));
  ASSERT_TRUE(broker_->Restart());
  EXPECT_TRUE(Eventually([&] { return producer_->Health().healthy && consumer->Health().healthy; },
                         absl::Seconds(20)));
  SystemRuntime().SleepUntil(In(absl::Seconds(1)));
  stop = true;
  publisher.join();
  reader.join();
  const absl::Time deadline = In(absl::Seconds(20));
  const auto lost = [&] {
    std::size_t missing = 0;
    for (const std::string& body : confirmed) missing += seen.contains(body) ? 0 : 1;
    return missing;
  };
  while (lost() > 0 && SystemRuntime().Now() < deadline) {
    for (const Received& message : Receive(*consumer, 100, absl::Milliseconds(200)))
      seen.insert(message.body);
  }
  EXPECT_EQ(lost(), 0U) << "of " << confirmed.size();
  EXPECT_GT(confirmed.size(), 10U);
}

TEST_F(KafkaFaultsTest, WhatWasNeverSentIsUnavailableAndIsNotSentLater) {
  const std::string topic = Topic();
  ASSERT_EQ(Publish(*producer_, topic, "k", "before"), absl::OkStatus());
  ASSERT_TRUE(broker_->Kill());
  ASSERT_TRUE(Eventually([&] { return !producer_->Health().healthy; }));
  for (int i = 0; i < 3; ++i) {
    const absl::Time deadline = In(absl::Milliseconds(300));
    const absl::Status status = Publish(*producer_, topic, "k", "never", absl::Milliseconds(300));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_LE(SystemRuntime().Now() - deadline, absl::Milliseconds(100));
  }
  ASSERT_TRUE(broker_->Restart());
  EXPECT_EQ(Publish(*producer_, topic, "k", "after"), absl::OkStatus());
  auto reader = Join(topic, "");
  const std::vector<Received> received = Receive(*reader, 3, absl::Seconds(3));
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[1].body, "after");
}

TEST_F(KafkaFaultsTest, AFullQueueIsRefusedAndHasRoomAgain) {
  KafkaOptions options = Options();
  options.queue_messages = 10;
  auto transport = Connect(options);
  auto opened = transport->OpenProducer();
  ASSERT_TRUE(opened.ok());
  Producer& producer = **opened;
  const std::string topic = Topic();
  ASSERT_EQ(Publish(producer, topic, "k", "x"), absl::OkStatus());
  Pause();
  std::vector<std::future<absl::Status>> outcomes;
  for (int i = 0; i < 10; ++i)
    outcomes.push_back(Send(producer, topic, "k", absl::StrCat(i), absl::Seconds(30)));
  EXPECT_EQ(Publish(producer, topic, "k", "x").code(), absl::StatusCode::kResourceExhausted);
  Resume();
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), absl::OkStatus());
  EXPECT_EQ(Publish(producer, topic, "k", "x"), absl::OkStatus());
}

}  // namespace
}  // namespace omnibus::testing
