#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "tests/transports/rabbitmq/rabbitmq_test.h"
#include "tests/transports/rabbitmq/raw_client.h"

namespace omnibus::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class RabbitMqPublisher : public RabbitMqTest {};

std::string Text(const absl::Status& status) { return std::string(status.message()); }

TEST_F(RabbitMqPublisher, TellsUnroutableFromConfirmed) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  Outcomes outcomes;
  // The same id and body, told apart by the routing key alone, in one window.
  for (const char* type :
       {"thing.happened", "nobody.listens", "thing.happened", "nobody.listens"}) {
    OutgoingMessage message = Message(channel, "same");
    message.type = type;
    message.id = "same";
    ASSERT_EQ(producer->Send(message, In(kSoon), outcomes.Expect()), absl::OkStatus());
  }
  int confirmed = 0;
  for (const absl::Status& status : outcomes.All()) {
    if (status.ok()) {
      ++confirmed;
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
      EXPECT_THAT(Text(status), HasSubstr("nobody.listens"));
    }
  }
  EXPECT_EQ(confirmed, 2);
  EXPECT_EQ(RawClient(options_.url).Count(channel + ".billing")->messages, 2u);
}

TEST_F(RabbitMqPublisher, WithoutMandatoryNobodyNeedsToListen) {
  const std::string channel = Name("events");
  Declare(channel, {});
  OutgoingMessage message = Message(channel, "x");
  message.mandatory = false;
  EXPECT_EQ(Publish(*OpenProducer(), message), absl::OkStatus());
}

TEST_F(RabbitMqPublisher, AMissingExchangeIsNotFoundAndHarmsNobodyElse) {
  const std::string channel = Name("events");
  const std::string missing = Name("missing");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  Outcomes good, bad;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(producer->Send(Message(channel, "good"), In(kSoon), good.Expect()), absl::OkStatus());
    ASSERT_EQ(producer->Send(Message(missing, "bad"), In(kSoon), bad.Expect()), absl::OkStatus());
  }
  EXPECT_THAT(good.All(), Each(absl::OkStatus()));
  for (const absl::Status& status : bad.All()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(Text(status), HasSubstr(missing));
  }
  EXPECT_EQ(RawClient(options_.url).Count(channel + ".billing")->messages, 50u) << "no duplicates";
}

TEST_F(RabbitMqPublisher, AMissingQueueIsNotFound) {
  const std::string queue = Name("missing");
  OutgoingMessage message = Message(queue, "x");
  message.destination = Destination::kQueue;
  EXPECT_EQ(Publish(*OpenProducer(), message).code(), absl::StatusCode::kNotFound);
}

TEST_F(RabbitMqPublisher, AnExchangeThatGoesAwayClosesTheChannelAndLosesNothingOfOthers) {
  const std::string channel = Name("events");
  const std::string doomed = Name("doomed");
  Declare(channel, {"billing"});
  Declare(doomed, {"billing"});
  const auto producer = OpenProducer();
  ASSERT_EQ(Publish(*producer, Message(doomed, "x")), absl::OkStatus());
  RawClient(options_.url).DeleteExchange(doomed);

  Outcomes good, bad;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(producer->Send(Message(channel, "good"), In(kSoon), good.Expect()), absl::OkStatus());
    ASSERT_EQ(producer->Send(Message(doomed, "bad"), In(kSoon), bad.Expect()), absl::OkStatus());
  }
  EXPECT_THAT(good.All(), Each(absl::OkStatus()));
  for (const absl::Status& status : bad.All()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  }
  EXPECT_GE(RawClient(options_.url).Count(channel + ".billing")->messages, 20u);
}

TEST_F(RabbitMqPublisher, RefusesAnOversizedMessageAtOnceAndGoesOn) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  options_.max_body_bytes = 1000;
  transport_ = Connect(options_);
  EXPECT_EQ(transport_->GetCapabilities().max_body_bytes, 1000u);
  const auto producer = OpenProducer();
  const std::string large(1001, 'x');
  EXPECT_EQ(Publish(*producer, Message(channel, large)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Publish(*producer, Message(channel, large.substr(1))), absl::OkStatus());
}

TEST_F(RabbitMqPublisher, RefusesWhatAmqpCannotCarry) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  const std::string long_text(256, 'x');
  const std::string huge_text(200'000, 'x');
  const auto with_header = [&](HeaderView header) {
    OutgoingMessage message = Message(channel, "x");
    message.headers = std::span(&header, 1);
    return Publish(*producer, message).code();
  };
  EXPECT_EQ(with_header({"latin", "\xe9"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({"surrogate", "\xed\xa0\x80"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({"overlong", "\xc0\x80"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({"\xff", "x"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({"", "x"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({long_text, "x"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({"huge", huge_text}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with_header({"partition_key", "x"}), absl::StatusCode::kInvalidArgument);
  OutgoingMessage message = Message(channel, "x");
  message.id = long_text;
  EXPECT_EQ(Publish(*producer, message).code(), absl::StatusCode::kInvalidArgument);
  message = Message(channel, "x");
  message.type = long_text;
  EXPECT_EQ(Publish(*producer, message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Publish(*producer, Message(channel, "x")), absl::OkStatus()) << "and still works";
}

TEST_F(RabbitMqPublisher, AFullQueueSaysSoAndHasRoomAgain) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  options_.publisher.queue = 10;
  transport_ = Connect(options_);
  const auto producer = OpenProducer();
  absl::Status status;
  int accepted = 0;
  for (; accepted < 100'000; ++accepted) {
    status = producer->Send(Message(channel, "x"), In(kSoon), [](absl::Status) {});
    if (!status.ok()) break;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_GE(accepted, 10);
  EXPECT_EQ(producer->Flush(In(kSoon)), absl::OkStatus());
  EXPECT_EQ(Publish(*producer, Message(channel, "x")), absl::OkStatus());
}

TEST_F(RabbitMqPublisher, KeepsTheOrderOfEachThread) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::array<Outcomes, kThreads> outcomes;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string body = std::to_string(i);
        ASSERT_EQ(producer->Send(Message(channel, body, std::to_string(t)), In(kSoon),
                                 outcomes[t].Expect()),
                  absl::OkStatus());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Outcomes& one : outcomes) EXPECT_THAT(one.All(), Each(absl::OkStatus()));

  const auto consumer = Join(channel, "billing");
  std::array<int, kThreads> next{};
  for (int i = 0; i < kThreads * kEach; ++i) {
    const auto received = Receive(*consumer, 1);
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].body,
              std::to_string(next.at(std::stoul(std::string(received[0].key)))++));
    Settle(*consumer, received[0]);
  }
}

TEST_F(RabbitMqPublisher, WhatTheBrokerCannotTakeUntilItsDeadlineIsUnknown) {
  const std::string channel = Name("events");
  Declare(channel, {});
  {
    RawClient raw(options_.url);
    raw.DeclareQueueForOne(channel + ".tiny");
    raw.Bind(channel + ".tiny", channel, "#");
  }
  const auto producer = OpenProducer();
  EXPECT_EQ(Publish(*producer, Message(channel, "taken")), absl::OkStatus());
  Outcomes outcomes;
  ASSERT_EQ(producer->Send(Message(channel, "refused"), In(absl::Seconds(1)), outcomes.Expect()),
            absl::OkStatus());
  const absl::Status status = outcomes.All().front();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(Text(status), HasSubstr("nack"));
}

TEST_F(RabbitMqPublisher, WhatTheBrokerCannotTakeAtFirstIsWrittenAgain) {
  const std::string channel = Name("events");
  Declare(channel, {});
  RawClient raw(options_.url);
  raw.DeclareQueueForOne(channel + ".tiny");
  raw.Bind(channel + ".tiny", channel, "#");
  const auto producer = OpenProducer();
  Outcomes outcomes;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(producer->Send(Message(channel, std::to_string(i)), In(kSoon), outcomes.Expect()),
              absl::OkStatus());
  }
  std::vector<std::string> taken;
  EXPECT_TRUE(Becomes([&] {
    if (const std::optional<RawMessage> message = raw.Get(channel + ".tiny")) {
      taken.push_back(message->body);
    }
    return taken.size() == 5;
  }));
  EXPECT_THAT(taken, UnorderedElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(outcomes.All(), Each(absl::OkStatus()));
}

TEST_F(RabbitMqPublisher, AfterCloseEverythingIsRefused) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  Outcomes outcomes;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(producer->Send(Message(channel, "x"), In(kSoon), outcomes.Expect()),
              absl::OkStatus());
  }
  std::vector<std::thread> closers;
  for (int i = 0; i < 10; ++i) {
    closers.emplace_back([&] { EXPECT_EQ(producer->Close(In(kSoon)), absl::OkStatus()); });
  }
  for (std::thread& closer : closers) closer.join();
  EXPECT_EQ(outcomes.count(), 100u) << "all have their outcome when Close() returns";
  EXPECT_THAT(outcomes.All(), Each(absl::OkStatus()));
  EXPECT_EQ(Publish(*producer, Message(channel, "x")).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(producer->Health().healthy);
}

TEST_F(RabbitMqPublisher, AWrongPasswordIsToldAtOnceAndNeverShown) {
  const std::size_t at = options_.url.find('@');
  options_.url = "amqp://guest:s3cret-w0rd" + options_.url.substr(at);
  transport_ = Connect(options_);
  const auto producer = OpenProducer();
  const std::string channel = Name("events");
  const absl::Status status = Publish(*producer, Message(channel, "x"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  EXPECT_THAT(Text(status), ::testing::Not(HasSubstr("s3cret")));
  EXPECT_FALSE(producer->Health().healthy);
  EXPECT_THAT(producer->Health().detail, HasSubstr("refused the login"));
  EXPECT_THAT(producer->Health().detail, ::testing::Not(HasSubstr("s3cret")));
}

TEST_F(RabbitMqPublisher, AnUnreachableBrokerLeavesMessagesUnsentAtTheirDeadline) {
  options_.url = "amqp://guest:guest@127.0.0.1:1/";
  transport_ = Connect(options_);
  const auto producer = OpenProducer();
  const std::string channel = Name("events");
  const absl::Time begun = SystemRuntime().Now();
  const absl::Status status = Publish(*producer, Message(channel, "x"), absl::Milliseconds(500));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_LT(SystemRuntime().Now() - begun, absl::Seconds(1));
  EXPECT_FALSE(producer->Health().healthy);
  EXPECT_EQ(producer->Close(In(kSoon)), absl::OkStatus());
}

TEST_F(RabbitMqPublisher, IsHealthyWhileConnected) {
  const auto producer = OpenProducer();
  EXPECT_TRUE(Becomes([&] { return producer->Health().healthy; })) << producer->Health().detail;
  EXPECT_THAT(producer->Health().detail, ::testing::Not(HasSubstr("guest:guest")));
}

}  // namespace
}  // namespace omnibus::testing
