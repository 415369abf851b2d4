// How it ends: behaviours 35 to 38.
#include <atomic>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

std::size_t CountEntries(const char* folder) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(folder, error);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

struct ClosingAConsumerTwiceOrTenTimesAtOnceIsNoProblem final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 10; ++i) {
      threads.push_back(Spawn("closer", [&] {
        const absl::Status status = member->Close();
        ExpectTrue(status.ok()) << status;
      }));
    }
    for (auto& thread : threads) thread->Join();
    ExpectTrue(member->Close().ok());
    ExpectFalse(member->consumer().Health().healthy);
  }
};

struct ReceivingAfterTheCloseIsAnErrorAndNotAWait final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    ExpectTrue(member->Close().ok());
    std::vector<ConsumerEvent> events;
    const absl::Time start = Now();
    ExpectEq(member->consumer().Wait(In(patience()), 10, events).code(),
             absl::StatusCode::kFailedPrecondition);
    ExpectLt(Now() - start, absl::Seconds(5));
    member->consumer().Interrupt();
    member->consumer().Release(1);
  }
};

struct PublishingAfterTheCloseIsAnErrorAndNotAWait final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    ExpectTrue(producer().Close(In(patience())).ok());
    ExpectFalse(producer().Health().healthy);
    const absl::Time start = Now();
    ExpectEq(Publish(channel, {}).code(), absl::StatusCode::kFailedPrecondition);
    ExpectLt(Now() - start, absl::Seconds(5));
  }
};

struct ClosingWhilePublishingGivesEachItsOutcome final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    std::atomic<bool> closed = false;
    std::vector<std::unique_ptr<Thread>> threads;
    for (int t = 0; t < 4; ++t) {
      threads.push_back(Spawn("publisher", [this, t, &channel, &closed] {
        for (int i = 0; i < 2000 && !closed; ++i) {
          const absl::Status sent = Send(channel, {.key = "k", .sender = absl::StrCat(t)});
          if (absl::IsFailedPrecondition(sent)) break;
          ExpectTrue(sent.ok() || absl::IsResourceExhausted(sent)) << sent;
        }
      }));
    }
    SystemRuntime().SleepUntil(In(absl::Milliseconds(30)));
    std::vector<std::unique_ptr<Thread>> closers;
    for (int i = 0; i < 10; ++i) {
      closers.push_back(Spawn("closer", [&] {
        const absl::Status status = producer().Close(In(patience()));
        ExpectTrue(status.ok()) << status;
      }));
    }
    for (auto& closer : closers) closer->Join();
    closed = true;
    for (auto& thread : threads) thread->Join();

    Report before = history_.Check();
    ExpectTrue(before.without_outcome.empty()) << before;
    const std::size_t confirmed = before.lost.size();  // nobody has received anything yet
    ExpectEq(Join(channel, "billing")->Receive(confirmed, Settling::kAtOnce).size(), confirmed);
  }
};

struct AnInterruptEndsAWait final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    ExpectTrue(member->ReceiveFor(absl::Milliseconds(50), Settling::kNot).empty());
    auto thread = Spawn("interrupter", [&] {
      SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
      member->consumer().Interrupt();
    });
    std::vector<ConsumerEvent> events;
    const absl::Time start = Now();
    ExpectTrue(member->consumer().Wait(In(patience()), 10, events).ok());
    ExpectLt(Now() - start, absl::Seconds(5));
    thread->Join();

    member->consumer().Interrupt();  // before it
    const absl::Time again = Now();
    ExpectTrue(member->consumer().Wait(In(patience()), 10, events).ok());
    ExpectLt(Now() - again, absl::Seconds(5));
  }
};

struct ACloseEndsAWait final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    auto thread = Spawn("closer", [&] {
      SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
      ExpectTrue(member->Close().ok());
    });
    const absl::Time start = Now();
    absl::Status status;
    while (status.ok() && Now() < In(patience())) {
      std::vector<ConsumerEvent> events;
      status = member->consumer().Wait(In(patience()), 10, events);
    }
    ExpectEq(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    ExpectLt(Now() - start, absl::Seconds(10));
    thread->Join();
  }
};

struct ClosingOneConsumerLeavesTheOthersRunning final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing", "shipping"});
    auto billing = Join(channel, "billing");
    auto shipping = Join(channel, "shipping");
    PublishMany(channel, 10);
    ExpectEq(shipping->Receive(10, Settling::kAtOnce).size(), 10u);
    ExpectTrue(shipping->Close().ok());
    shipping.reset();
    ExpectEq(billing->Receive(10, Settling::kAtOnce).size(), 10u);
    PublishMany(channel, 10);
    ExpectEq(billing->Receive(10, Settling::kAtOnce).size(), 10u);
    ExpectEq(Join(channel, "shipping")->Receive(10, Settling::kAtOnce).size(), 10u);
  }
};

struct AMessageOutlivesItsConsumer final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    RequireTrue(Publish(channel, {.body = std::string(1000, 'x')}).ok());
    absl::StatusOr<std::unique_ptr<Consumer>> consumer =
        transport().OpenConsumer(OptionsOf(channel, "billing"));
    RequireTrue(consumer.ok());
    std::vector<ConsumerEvent> events;
    const absl::Time deadline = In(patience());
    while ((events.empty() || events.back().kind != ConsumerEvent::Kind::kMessage) &&
           Now() < deadline) {
      RequireTrue((*consumer)->Wait(deadline, 10, events).ok());
    }
    ExpectTrue((*consumer)->Close(In(patience())).ok());
    consumer->reset();
    ExpectEq(events.back().message.body, std::string(1000, 'x'));
    auto thread = Spawn("late", [&] { events.clear(); });  // on any thread
    thread->Join();
    TakeReport();
  }
};

struct LeavesNoThreadAndNoFileOpen final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    const auto use = [&](int round) {
      const std::size_t threads = CountEntries("/proc/self/task");
      const std::size_t files = CountEntries("/proc/self/fd");
      {
        std::unique_ptr<Transport> other = MakeTransport();
        auto producer_of_other = *other->OpenProducer();
        auto consumer = *other->OpenConsumer(OptionsOf(channel, "billing"));
        std::vector<ConsumerEvent> events;
        const absl::Time deadline = In(patience());
        while (!consumer->Health().healthy && Now() < deadline) {
          ExpectTrue(consumer->Wait(In(absl::Milliseconds(20)), 10, events).ok());
        }
        ExpectTrue(producer_of_other->Close(In(patience())).ok());
        ExpectTrue(consumer->Close(In(patience())).ok());
      }
      if (round == 0) return;  // the first one may load libraries, look up names ...
      ExpectLe(CountEntries("/proc/self/task"), threads);
      ExpectLe(CountEntries("/proc/self/fd"), files);
    };
    for (int round = 0; round < 3; ++round) use(round);
  }
};

}  // namespace

void AddLifecycle(std::vector<Entry>& checks) {
  checks.push_back(Make<ClosingAConsumerTwiceOrTenTimesAtOnceIsNoProblem>(
      35, "ClosingAConsumerTwiceOrTenTimesAtOnceIsNoProblem"));
  checks.push_back(Make<ClosingWhilePublishingGivesEachItsOutcome>(
      35, "ClosingWhilePublishingGivesEachItsOutcome"));
  checks.push_back(Make<AnInterruptEndsAWait>(36, "AnInterruptEndsAWait"));
  checks.push_back(Make<ACloseEndsAWait>(36, "ACloseEndsAWait"));
  checks.push_back(Make<ClosingOneConsumerLeavesTheOthersRunning>(
      36, "ClosingOneConsumerLeavesTheOthersRunning"));
  checks.push_back(Make<ReceivingAfterTheCloseIsAnErrorAndNotAWait>(
      37, "ReceivingAfterTheCloseIsAnErrorAndNotAWait"));
  checks.push_back(Make<PublishingAfterTheCloseIsAnErrorAndNotAWait>(
      37, "PublishingAfterTheCloseIsAnErrorAndNotAWait"));
  checks.push_back(Make<LeavesNoThreadAndNoFileOpen>(38, "LeavesNoThreadAndNoFileOpen"));
  checks.push_back(Make<AMessageOutlivesItsConsumer>(38, "AMessageOutlivesItsConsumer"));
}

}  // namespace omnibus::transport_testing
