// What is done, and what comes back: behaviours 15 to 18, 21, 33 and 34.
#include <algorithm>
#include <atomic>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

std::set<std::string> SetOf(const std::vector<Received>& messages) {
  const std::vector<std::string> ids = IdsOf(messages);
  return {ids.begin(), ids.end()};
}

struct RedeliversWhatWasNeverSettled final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 10, 3);
    auto crashed = Join(channel, "billing");
    const std::vector<Received> first = crashed->Receive(10, Settling::kNot);
    crashed.reset();  // received, never settled
    auto successor = Join(channel, "billing");
    const std::vector<Received> again = successor->Receive(10, Settling::kAtOnce);
    ExpectEq(SetOf(again), SetOf(first));
    const Report report = TakeReport();
    ExpectEq(report.duplicated.size(), 10u) << report;
    ExpectTrue(report.lost.empty() && report.reordered.empty() &&
               report.repeated_after_settle.empty() && report.settled_without_right.empty())
        << report;
  }
};

struct KeepsTheOrderOfAKeyWhenItRedelivers final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 20, 1);
    auto crashed = Join(channel, "billing");
    const std::vector<Received> first = crashed->Receive(20, Settling::kNot);
    crashed.reset();
    auto successor = Join(channel, "billing");
    ExpectEq(IdsOf(successor->Receive(20, Settling::kAtOnce)), IdsOf(first));
    TakeReport();
  }
};

struct DoesNotRedeliverWhatWasSettled final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 30);
    {
      auto member = Join(channel, "billing");
      ExpectEq(member->Receive(30, Settling::kAtOnce).size(), 30u);
      ExpectTrue(member->Close().ok());
    }
    auto successor = Join(channel, "billing");
    ExpectTrue(successor->ReceiveFor(absl::Seconds(1), Settling::kAtOnce).empty());
  }
};

// Settles some of what it has, in any order, and leaves: at whichever point that is, what is
// unfinished comes back.
struct NeverPassesAnUnfinishedMessage final : Stage {
  void Run() override {
    constexpr int kCount = 10;
    std::mt19937 random(20);  // NOLINT: the same points each time
    for (int cut = 0; cut <= kCount; ++cut) {
      const std::string channel = Declare(absl::StrCat("orders-", cut), {"billing"}, 1);
      PublishMany(channel, kCount, 3);
      std::set<std::string> unfinished;
      {
        auto member = Join(channel, "billing");
        std::vector<Received> received = member->Receive(kCount, Settling::kNot);
        RequireEq(received.size(), static_cast<std::size_t>(kCount));
        std::shuffle(received.begin(), received.end(), random);
        for (int i = 0; i < kCount; ++i) {
          if (i < cut) {
            ExpectTrue(member->Settle(received[i]));
          } else {
            unfinished.insert(received[i].id);
          }
        }
        ExpectTrue(member->Close().ok());
      }
      auto successor = Join(channel, "billing");
      std::set<std::string> again;
      const absl::Time deadline = In(patience());
      while (!std::includes(again.begin(), again.end(), unfinished.begin(), unfinished.end()) &&
             Now() < deadline) {
        again.merge(SetOf(successor->ReceiveFor(absl::Milliseconds(50), Settling::kAtOnce)));
      }
      ExpectTrue(std::includes(again.begin(), again.end(), unfinished.begin(), unfinished.end()))
          << "cut at " << cut;
      again.merge(SetOf(successor->ReceiveFor(absl::Milliseconds(200), Settling::kAtOnce)));
      if (declared().remembers_settled_out_of_order) {
        ExpectEq(again, unfinished) << cut;
      }
    }
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.reordered.empty()) << report;
    if (declared().remembers_settled_out_of_order) {
      ExpectTrue(report.repeated_after_settle.empty()) << report;
    }
  }
};

struct ASecondSettleIsDroppedAndCounted final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 2);
    auto member = Join(channel, "billing");
    const std::vector<Received> received = member->Receive(2, Settling::kNot);
    RequireEq(received.size(), 2u);
    ExpectTrue(member->Settle(received[0]));
    ExpectFalse(member->Settle(received[0]));
    // One of a batch does not spoil the other.
    const std::vector<DeliveryTag> both = {received[0].tag, received[1].tag};
    ExpectEq(member->consumer().Settle(both), 1u);
    ExpectFalse(member->Settle(received[1]));
  }
};

struct OfManyThreadsThatSettleOneMessageOneWins final : Stage {
  void Run() override {
    constexpr int kCount = 50;
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, kCount);
    auto member = Join(channel, "billing");
    const std::vector<Received> received = member->Receive(kCount, Settling::kNot);
    RequireEq(received.size(), static_cast<std::size_t>(kCount));
    std::atomic<std::size_t> dropped = 0;
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(Spawn("settler", [&] {
        for (const Received& each : received) dropped += member->consumer().Settle({&each.tag, 1});
      }));
    }
    for (auto& thread : threads) thread->Join();
    ExpectEq(dropped, 3u * kCount);
  }
};

struct ATagThatWasNeverHandedOutIsDropped final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 1);
    auto member = Join(channel, "billing");
    const std::vector<Received> received = member->Receive(1, Settling::kNot);
    RequireEq(received.size(), 1u);
    std::vector<DeliveryTag> wrong(3, received[0].tag);
    wrong[0].epoch += 1000;
    wrong[1].source += 1000;
    wrong[2].position += 1000;
    ExpectEq(member->consumer().Settle(wrong), 3u);
    ExpectTrue(member->Settle(received[0]));
  }
};

struct SettlingAfterTheCloseIsDroppedAndCounted final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 5);
    auto member = Join(channel, "billing");
    const std::vector<Received> received = member->Receive(5, Settling::kNot);
    RequireEq(received.size(), 5u);
    ExpectTrue(member->Close().ok());
    for (const Received& each : received) ExpectFalse(member->Settle(each));
    auto successor = Join(channel, "billing");
    ExpectEq(SetOf(successor->Receive(5, Settling::kAtOnce)), SetOf(received));
    TakeReport();
  }
};

struct WhatARevokedSourceStillHeldGoesToTheNextOwner final : Stage {
  void Run() override {
    NeedsDeclared(declared().moves_sources, "moves_sources");
    const std::string channel = Declare("orders", {"billing"}, 2);
    PublishMany(channel, 40, 40);
    auto first = Join(channel, "billing");
    std::vector<Received> held = first->Receive(40, Settling::kNot);
    RequireEq(held.size(), 40u);

    // The second takes one half over; the first lets it go, with its messages unsettled.
    auto worker = std::make_unique<Worker>(Open(OptionsOf(channel, "billing")));
    const absl::Time deadline = In(patience());
    while (worker->received() == 0 && Now() < deadline) {
      ExpectTrue(first->ReceiveFor(absl::Milliseconds(20), Settling::kNot).empty());
    }
    std::size_t dropped = 0;
    for (const Received& each : held) dropped += first->Settle(each) ? 0 : 1;
    ExpectGt(dropped, 0u);
    ExpectLt(dropped, 40u);
    while (worker->received() < dropped && Now() < deadline) {
      SystemRuntime().SleepUntil(In(absl::Milliseconds(20)));
    }
    ExpectEq(worker->received(), dropped);
    worker.reset();
    const Report report = TakeReport();
    ExpectEq(report.duplicated.size(), dropped) << report;
    ExpectTrue(report.lost.empty() && report.settled_without_right.empty()) << report;
  }
};

}  // namespace

void AddSettling(std::vector<Entry>& checks) {
  checks.push_back(Make<RedeliversWhatWasNeverSettled>(15, "RedeliversWhatWasNeverSettled"));
  checks.push_back(
      Make<KeepsTheOrderOfAKeyWhenItRedelivers>(15, "KeepsTheOrderOfAKeyWhenItRedelivers"));
  checks.push_back(Make<DoesNotRedeliverWhatWasSettled>(15, "DoesNotRedeliverWhatWasSettled"));
  checks.push_back(Make<ASecondSettleIsDroppedAndCounted>(17, "ASecondSettleIsDroppedAndCounted"));
  checks.push_back(Make<OfManyThreadsThatSettleOneMessageOneWins>(
      17, "OfManyThreadsThatSettleOneMessageOneWins"));
  checks.push_back(Make<NeverPassesAnUnfinishedMessage>(18, "NeverPassesAnUnfinishedMessage"));
  checks.push_back(
      Make<ATagThatWasNeverHandedOutIsDropped>(21, "ATagThatWasNeverHandedOutIsDropped"));
  checks.push_back(Make<SettlingAfterTheCloseIsDroppedAndCounted>(
      21, "SettlingAfterTheCloseIsDroppedAndCounted"));
  checks.push_back(Make<WhatARevokedSourceStillHeldGoesToTheNextOwner>(
      21, "WhatARevokedSourceStillHeldGoesToTheNextOwner"));
}

}  // namespace omnibus::transport_testing
