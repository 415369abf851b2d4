// What happens to the transport when something happens to the broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/brokers.h"
#include "tests/transports/rabbitmq/frail_broker.h"
#include "tests/transports/rabbitmq/rabbitmq_test.h"
#include "tests/transports/rabbitmq/raw_client.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;

// A completion may be 100 ms late; the rest is for a busy machine.
constexpr absl::Duration kLate = absl::Seconds(1);

class RabbitMqFaults : public RabbitMqTest {
 protected:
  void SetUp() override {
    RabbitMqTest::SetUp();
    if (IsSkipped()) return;
    std::optional<FrailBroker> started = FrailBroker::Start();
    if (!started) GTEST_SKIP() << kNoRabbitMq;
    broker_.emplace(*std::move(started));
    options_.url = broker_->url();
    options_.heartbeat = absl::Seconds(1);
    options_.reconnect_max_delay = absl::Seconds(1);
    options_.connect_timeout = absl::Seconds(2);
    transport_ = Connect(options_);
    Declare(channel_, {"billing"});
  }

  const std::string channel_ = "events";
  std::optional<FrailBroker> broker_;
};

std::string Text(const absl::Status& status) { return std::string(status.message()); }

absl::Duration Since(absl::Time begun) { return SystemRuntime().Now() - begun; }

TEST_F(RabbitMqFaults, AFrozenBrokerDelaysNobodyBeyondTheirDeadlines) {
  const auto producer = OpenProducer();
  const auto consumer = Join(channel_, "billing");
  ASSERT_EQ(Publish(*producer, Message(channel_, "before")), absl::OkStatus());
  const auto received = Receive(*consumer, 1);
  ASSERT_EQ(received.size(), 1u);
  ASSERT_TRUE(broker_->Freeze());

  // More than the sockets hold: a client that writes blindly would hang in send().
  const std::string large(1'000'000, 'x');
  absl::Time begun = SystemRuntime().Now();
  Outcomes outcomes;
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(producer->Send(Message(channel_, large), In(absl::Seconds(0.7)), outcomes.Expect()),
              absl::OkStatus());
  }
  int unknown = 0;
  for (const absl::Status& status : outcomes.All()) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status)) << status;
    unknown += absl::IsDeadlineExceeded(status);
  }
  EXPECT_GT(unknown, 0) << "some were written";
  EXPECT_LT(unknown, 30) << "some were surely not";
  EXPECT_LT(Since(begun), absl::Seconds(0.7) + kLate);

  begun = SystemRuntime().Now();
  const absl::Status declared = transport_->Declare({.channels = {{.name = "other"}}, .groups = {}},
                                                    DeclareMode::kDeclare, In(absl::Seconds(0.5)));
  EXPECT_EQ(declared.code(), absl::StatusCode::kUnavailable) << declared;
  EXPECT_LT(Since(begun), absl::Seconds(0.5) + kLate);

  // Two heartbeats without a word, and both ends are red, and soon have given up their connections.
  const auto given_up = [](const LinkHealth& health) {
    return !health.healthy && health.detail.find("no answer from") == std::string::npos;
  };
  EXPECT_TRUE(Becomes([&] { return given_up(producer->Health()) && given_up(consumer->Health()); },
                      absl::Seconds(4)));
  EXPECT_EQ(Settle(*consumer, received[0]), 1u) << "its channel is gone";

  begun = SystemRuntime().Now();
  EXPECT_EQ(consumer->Close(In(absl::Seconds(0.5))), absl::OkStatus())
      << "nothing was left to be told";
  ASSERT_EQ(producer->Send(Message(channel_, "x"), In(kSoon), outcomes.Expect()), absl::OkStatus());
  EXPECT_EQ(producer->Flush(In(absl::Seconds(0.2))).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(producer->Close(In(absl::Seconds(0.2))).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(Since(begun), absl::Seconds(0.9) + kLate);
  EXPECT_EQ(outcomes.All().back().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(RabbitMqFaults, ClosingAConsumerWhileTheBrokerIsFrozenSaysThatItHasNotHeard) {
  options_.heartbeat = absl::Seconds(60);
  transport_ = Connect(options_);
  ASSERT_EQ(Publish(*OpenProducer(), Message(channel_, "x")), absl::OkStatus());
  const auto consumer = Join(channel_, "billing");
  const auto received = Receive(*consumer, 1);
  ASSERT_EQ(received.size(), 1u);
  ASSERT_TRUE(broker_->Freeze());
  EXPECT_EQ(Settle(*consumer, received[0]), 0u);
  const absl::Time begun = SystemRuntime().Now();
  EXPECT_EQ(consumer->Close(In(absl::Seconds(0.5))).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(Since(begun), absl::Seconds(0.5) + kLate);
}

TEST_F(RabbitMqFaults, AThawedBrokerIsFoundAgain) {
  const auto producer = OpenProducer();
  const auto consumer = Join(channel_, "billing");
  ASSERT_TRUE(Becomes([&] { return producer->Health().healthy && consumer->Health().healthy; }));
  ASSERT_TRUE(broker_->Freeze());
  EXPECT_TRUE(Becomes([&] { return !producer->Health().healthy && !consumer->Health().healthy; },
                      absl::Seconds(4)));
  Outcomes outcomes;
  ASSERT_EQ(producer->Send(Message(channel_, "meanwhile"), In(kSoon), outcomes.Expect()),
            absl::OkStatus());
  ASSERT_TRUE(broker_->Thaw());
  EXPECT_EQ(outcomes.All().front(), absl::OkStatus());
  EXPECT_EQ(Receive(*consumer, 1).size(), 1u);
  EXPECT_TRUE(Becomes([&] { return producer->Health().healthy && consumer->Health().healthy; }));
}

TEST_F(RabbitMqFaults, AMemoryAlarmBlocksPublishersAloneAndPassesByItself) {
  const auto producer = OpenProducer();
  const auto consumer = Join(channel_, "billing");
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(Publish(*producer, Message(channel_, "before")), absl::OkStatus());
  const auto first = Receive(*consumer, 1);
  ASSERT_EQ(first.size(), 1u);
  ASSERT_TRUE(broker_->RaiseMemoryAlarm());

  // The broker tells a publisher only when it publishes: the first one is already on its way then.
  absl::Time begun = SystemRuntime().Now();
  const absl::Status written = Publish(*producer, Message(channel_, "written"), absl::Seconds(0.5));
  EXPECT_EQ(written.code(), absl::StatusCode::kDeadlineExceeded) << written;
  EXPECT_LT(Since(begun), absl::Seconds(0.5) + kLate);
  EXPECT_TRUE(Becomes([&] { return !producer->Health().healthy; }));
  EXPECT_THAT(producer->Health().detail, HasSubstr("memory"));
  begun = SystemRuntime().Now();
  const absl::Status status = Publish(*producer, Message(channel_, "unsent"), absl::Seconds(0.5));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(Text(status), HasSubstr("blocks publishers"));
  EXPECT_LT(Since(begun), absl::Seconds(0.5) + kLate);

  EXPECT_EQ(Settle(*consumer, first[0]), 0u);
  const auto more = Receive(*consumer, 2);
  EXPECT_EQ(more.size(), 2u) << "consuming goes on";
  for (const ReceivedMessage& message : more) Settle(*consumer, message);
  EXPECT_TRUE(consumer->Health().healthy);

  // Longer than the heartbeats' limit: being blocked is not being dead.
  SystemRuntime().SleepUntil(In(absl::Seconds(3)));
  EXPECT_THAT(producer->Health().detail, HasSubstr("memory"));
  Outcomes outcomes;
  ASSERT_EQ(producer->Send(Message(channel_, "after"), In(kSoon), outcomes.Expect()),
            absl::OkStatus());
  ASSERT_TRUE(broker_->ClearMemoryAlarm());
  EXPECT_EQ(outcomes.All().front(), absl::OkStatus());
  EXPECT_TRUE(producer->Health().healthy) << producer->Health().detail;
  const auto after = Receive(*consumer, 2);
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0].body, "written");
  EXPECT_EQ(after[1].body, "after") << "what was refused as not sent was not sent";
}

TEST_F(RabbitMqFaults, ACrashInTrafficLosesNothingThatWasConfirmedAndKeepsItsOrder) {
  Declare(channel_, {"billing", "audit"});
  const auto producer = OpenProducer();
  const auto consumer = Join(channel_, "billing");
  std::map<int, Outcomes> sent;
  std::atomic<bool> stop = false;
  std::thread publishing([&] {
    for (int i = 0; !stop; ++i) {
      const std::string body = std::to_string(i);
      EXPECT_EQ(
          producer->Send(Message(channel_, body, "key"), In(absl::Seconds(60)), sent[i].Expect()),
          absl::OkStatus());
      SystemRuntime().SleepUntil(In(absl::Milliseconds(1)));
    }
  });
  // Every first arrival, in order; and how many there were in all.
  struct Arrivals {
    std::vector<int> first;
    std::set<int> seen;
    std::size_t all = 0;
  };
  const auto consume = [](Consumer& from, Arrivals& arrivals, const std::function<bool()>& enough) {
    const absl::Time deadline = In(absl::Seconds(60));
    while (!enough() && SystemRuntime().Now() < deadline) {
      for (const ReceivedMessage& message : Receive(from, 100, absl::Milliseconds(100))) {
        const int number = std::stoi(std::string(message.body));
        if (arrivals.seen.insert(number).second) arrivals.first.push_back(number);
        ++arrivals.all;
        Settle(from, message);
      }
    }
  };
  Arrivals billing;
  consume(*consumer, billing, [&] { return billing.seen.size() > 300; });
  EXPECT_TRUE(broker_->Kill());
  EXPECT_TRUE(broker_->Restart());
  const std::size_t before = billing.seen.size();
  consume(*consumer, billing, [&] { return billing.seen.size() > before + 300; });
  stop = true;
  publishing.join();
  EXPECT_EQ(producer->Flush(In(absl::Seconds(30))), absl::OkStatus());
  for (auto& [number, outcome] : sent) EXPECT_EQ(outcome.All().front(), absl::OkStatus()) << number;

  consume(*consumer, billing, [&] { return billing.seen.size() == sent.size(); });
  EXPECT_EQ(billing.seen.size(), sent.size()) << "confirmed, and lost";
  EXPECT_LE(billing.all - billing.seen.size(), 1024u + 256u)
      << "duplicates: no more than the windows";
  EXPECT_TRUE(producer->Health().healthy);
  EXPECT_TRUE(consumer->Health().healthy);

  // The order is looked at where nobody consumed during the crash: what a crashed broker had handed
  // out already it may give back later than what came after it.
  Arrivals audit;
  consume(*Join(channel_, "audit"), audit, [&] { return audit.seen.size() == sent.size(); });
  EXPECT_EQ(audit.seen.size(), sent.size()) << "confirmed, and lost";
  EXPECT_TRUE(std::is_sorted(audit.first.begin(), audit.first.end())) << "one overtook another";
}

TEST_F(RabbitMqFaults, ABrokerThatComesBackEmptyGetsTheTopologyAgain) {
  const auto producer = OpenProducer();
  const auto consumer = Join(channel_, "billing");
  ASSERT_EQ(Publish(*producer, Message(channel_, "before")), absl::OkStatus());
  std::vector<ConsumerEvent> changes;
  const auto before = Receive(*consumer, 1, kSoon, &changes);
  ASSERT_EQ(before.size(), 1u);
  ASSERT_TRUE(broker_->Stop());
  EXPECT_TRUE(Becomes([&] { return !producer->Health().healthy && !consumer->Health().healthy; }));
  broker_->Forget();
  ASSERT_TRUE(broker_->Restart());

  ASSERT_EQ(Publish(*producer, Message(channel_, "after")), absl::OkStatus());
  const auto after = Receive(*consumer, 1, kSoon, &changes);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].body, "after");
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].kind, ConsumerEvent::Kind::kAssigned);
  EXPECT_EQ(changes[1].kind, ConsumerEvent::Kind::kLost);
  EXPECT_EQ(changes[1].epoch, changes[0].epoch);
  EXPECT_EQ(changes[2].kind, ConsumerEvent::Kind::kAssigned);
  EXPECT_EQ(changes[2].epoch, after[0].tag.epoch);
  // The tags start again at 1: only the epoch tells the old one from the new.
  EXPECT_EQ(before[0].tag.position, after[0].tag.position);
  EXPECT_EQ(Settle(*consumer, before[0]), 1u);
  EXPECT_EQ(Settle(*consumer, after[0]), 0u);
  EXPECT_TRUE(RawClient(options_.url).Count(channel_ + ".billing.dead").has_value());
}

TEST_F(RabbitMqFaults, AConsumerThatTheBrokerHasForgottenIsMadeAnew) {
  const auto producer = OpenProducer();
  const auto consumer = Join(channel_, "billing");
  ASSERT_EQ(Publish(*producer, Message(channel_, "before")), absl::OkStatus());
  const auto before = Receive(*consumer, 1);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(Settle(*consumer, before[0]), 0u);
  // The queue drops its consumers, and nobody tells them: their channels and connections stay well.
  ASSERT_TRUE(broker_->Eval(
      "{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"" + channel_ +
      ".billing\">>)), lists:foreach(fun(C) -> ra:process_command("
      "amqqueue:get_pid(Q), rabbit_fifo:make_checkout({element(2, C), element(1, C)}, "
      "cancel, #{})) end, rabbit_amqqueue:consumers(Q))."));
  ASSERT_EQ(Publish(*producer, Message(channel_, "after")), absl::OkStatus());
  const auto after = Receive(*consumer, 1);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].body, "after");
  EXPECT_TRUE(consumer->Health().healthy);
}

TEST_F(RabbitMqFaults, AMessageLargerThanTheBrokersLimitIsRefusedAloneAndForGood) {
  ASSERT_TRUE(broker_->Eval("application:set_env(rabbit, max_message_size, 1000)."));
  const auto producer = OpenProducer();
  const std::string large(5000, 'x');
  Outcomes small;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(producer->Send(Message(channel_, "x"), In(kSoon), small.Expect()), absl::OkStatus());
  }
  const absl::Status status = Publish(*producer, Message(channel_, large));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  for (const absl::Status& one : small.All()) EXPECT_EQ(one, absl::OkStatus());
  EXPECT_EQ(Publish(*producer, Message(channel_, "x")), absl::OkStatus());
}

}  // namespace
}  // namespace omnibus::testing
