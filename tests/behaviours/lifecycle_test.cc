// How it ends: behaviours 35 to 38.
#include <atomic>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tests/behaviours/transport_behaviour.h"

namespace omnibus::behaviours {
namespace {

std::size_t CountEntries(const char* folder) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(folder, error);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

TEST_P(TransportBehaviour, ClosingAConsumerTwiceOrTenTimesAtOnceIsNoProblem) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < 10; ++i) {
    threads.push_back(SystemRuntime().Spawn("closer", [&] {
      const absl::Status status = member->consumer().Close(In(kPatience));
      EXPECT_TRUE(status.ok()) << status;
    }));
  }
  for (auto& thread : threads) thread->Join();
  EXPECT_TRUE(member->consumer().Close(In(kPatience)).ok());
  EXPECT_FALSE(member->consumer().Health().healthy);
}

TEST_P(TransportBehaviour, ReceivingAfterTheCloseIsAnErrorAndNotAWait) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  EXPECT_TRUE(member->consumer().Close(In(kPatience)).ok());
  std::vector<ConsumerEvent> events;
  const absl::Time start = Now();
  EXPECT_EQ(member->consumer().Wait(In(kPatience), 10, events).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_LT(Now() - start, absl::Seconds(5));
  member->consumer().Interrupt();
  member->consumer().Release(1);
}

TEST_P(TransportBehaviour, PublishingAfterTheCloseIsAnErrorAndNotAWait) {
  const std::string channel = Declare("orders", {"billing"});
  EXPECT_TRUE(producer().Close(In(kPatience)).ok());
  const absl::Time start = Now();
  EXPECT_EQ(Publish(channel, {}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_LT(Now() - start, absl::Seconds(5));
}

TEST_P(TransportBehaviour, ClosingWhilePublishingGivesEachItsOutcome) {
  const std::string channel = Declare("orders", {"billing"});
  std::atomic<bool> closed = false;
  std::vector<std::unique_ptr<Thread>> threads;
  for (int t = 0; t < 4; ++t) {
    threads.push_back(SystemRuntime().Spawn("publisher", [this, t, &channel, &closed] {
      for (int i = 0; i < 2000 && !closed; ++i) {
        const absl::Status sent = Send(channel, {.key = "k", .sender = absl::StrCat(t)});
        if (absl::IsFailedPrecondition(sent)) break;
        EXPECT_TRUE(sent.ok() || absl::IsResourceExhausted(sent)) << sent;
      }
    }));
  }
  SystemRuntime().SleepUntil(In(absl::Milliseconds(30)));
  std::vector<std::unique_ptr<Thread>> closers;
  for (int i = 0; i < 10; ++i) {
    closers.push_back(SystemRuntime().Spawn("closer", [&] {
      const absl::Status status = producer().Close(In(kPatience));
      EXPECT_TRUE(status.ok()) << status;
    }));
  }
  for (auto& closer : closers) closer->Join();
  closed = true;
  for (auto& thread : threads) thread->Join();

  Report before = history_.Check();
  EXPECT_TRUE(before.without_outcome.empty()) << before;
  const std::size_t confirmed = before.lost.size();  // nobody has received anything yet
  EXPECT_EQ(Join(channel, "billing")->Receive(confirmed, Settling::kAtOnce).size(), confirmed);
}

TEST_P(TransportBehaviour, AnInterruptEndsAWait) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  EXPECT_TRUE(member->ReceiveFor(absl::Milliseconds(50), Settling::kNot).empty());
  auto thread = SystemRuntime().Spawn("interrupter", [&] {
    SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
    member->consumer().Interrupt();
  });
  std::vector<ConsumerEvent> events;
  const absl::Time start = Now();
  EXPECT_TRUE(member->consumer().Wait(In(kPatience), 10, events).ok());
  EXPECT_LT(Now() - start, absl::Seconds(5));
  thread->Join();

  member->consumer().Interrupt();  // before it
  const absl::Time again = Now();
  EXPECT_TRUE(member->consumer().Wait(In(kPatience), 10, events).ok());
  EXPECT_LT(Now() - again, absl::Seconds(5));
}

TEST_P(TransportBehaviour, ACloseEndsAWait) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  auto thread = SystemRuntime().Spawn("closer", [&] {
    SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
    EXPECT_TRUE(member->consumer().Close(In(kPatience)).ok());
  });
  const absl::Time start = Now();
  absl::Status status;
  while (status.ok() && Now() < In(kPatience)) {
    std::vector<ConsumerEvent> events;
    status = member->consumer().Wait(In(kPatience), 10, events);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_LT(Now() - start, absl::Seconds(10));
  thread->Join();
}

TEST_P(TransportBehaviour, ClosingOneConsumerLeavesTheOthersRunning) {
  const std::string channel = Declare("orders", {"billing", "shipping"});
  auto billing = Join(channel, "billing");
  auto shipping = Join(channel, "shipping");
  PublishMany(channel, 10);
  EXPECT_EQ(shipping->Receive(10, Settling::kAtOnce).size(), 10u);
  EXPECT_TRUE(shipping->consumer().Close(In(kPatience)).ok());
  shipping.reset();
  EXPECT_EQ(billing->Receive(10, Settling::kAtOnce).size(), 10u);
  PublishMany(channel, 10);
  EXPECT_EQ(billing->Receive(10, Settling::kAtOnce).size(), 10u);
  EXPECT_EQ(Join(channel, "shipping")->Receive(10, Settling::kAtOnce).size(), 10u);
}

TEST_P(TransportBehaviour, AMessageOutlivesItsConsumer) {
  const std::string channel = Declare("orders", {"billing"});
  ASSERT_TRUE(Publish(channel, {.body = std::string(1000, 'x')}).ok());
  absl::StatusOr<std::unique_ptr<Consumer>> consumer =
      transport().OpenConsumer(OptionsOf(channel, "billing"));
  ASSERT_TRUE(consumer.ok());
  std::vector<ConsumerEvent> events;
  const absl::Time deadline = In(kPatience);
  while ((events.empty() || events.back().kind != ConsumerEvent::Kind::kMessage) &&
         Now() < deadline) {
    ASSERT_TRUE((*consumer)->Wait(deadline, 10, events).ok());
  }
  EXPECT_TRUE((*consumer)->Close(In(kPatience)).ok());
  consumer->reset();
  EXPECT_EQ(events.back().message.body, std::string(1000, 'x'));
  auto thread = SystemRuntime().Spawn("late", [&] { events.clear(); });  // on any thread
  thread->Join();
  TakeReport();
}

TEST_P(TransportBehaviour, LeavesNoThreadAndNoFileOpen) {
  const std::string channel = Declare("orders", {"billing"});
  const auto use = [&](int round) {
    const std::size_t threads = CountEntries("/proc/self/task");
    const std::size_t files = CountEntries("/proc/self/fd");
    {
      std::unique_ptr<Transport> other = GetParam().make(0);
      auto producer_of_other = *other->OpenProducer();
      auto consumer = *other->OpenConsumer(OptionsOf(channel, "billing"));
      std::vector<ConsumerEvent> events;
      const absl::Time deadline = In(kPatience);
      while (!consumer->Health().healthy && Now() < deadline) {
        EXPECT_TRUE(consumer->Wait(In(absl::Milliseconds(20)), 10, events).ok());
      }
      EXPECT_TRUE(producer_of_other->Close(In(kPatience)).ok());
      EXPECT_TRUE(consumer->Close(In(kPatience)).ok());
    }
    if (round == 0) return;  // the first one may load libraries, look up names ...
    EXPECT_LE(CountEntries("/proc/self/task"), threads);
    EXPECT_LE(CountEntries("/proc/self/fd"), files);
  };
  for (int round = 0; round < 3; ++round) use(round);
}

}  // namespace
}  // namespace omnibus::behaviours
