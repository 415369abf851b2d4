// Who gets what, and in which order: behaviours 9 to 11, 14 and 42.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

using Workers = std::vector<std::unique_ptr<Worker>>;

struct EachGroupGetsEverything final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing", "shipping"});
    auto billing = Join(channel, "billing");
    auto shipping = Join(channel, "shipping");
    PublishMany(channel, 100);
    ExpectEq(billing->Receive(100, Settling::kAtOnce).size(), 100u);
    ExpectEq(shipping->Receive(100, Settling::kAtOnce).size(), 100u);
  }
};

struct MembersOfOneGroupShareWithoutOverlap final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"}, 6);
    Workers workers = Crowd(channel, "billing", 3, 6);
    PublishMany(channel, 300, 60);
    ExpectTrue(WaitFor(workers, 300));
    workers.clear();
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.duplicated.empty() && report.phantoms.empty())
        << report;
  }
};

struct ManyPublishersAndManyConsumersLoseNothing final : Stage {
  void Run() override {
    constexpr int kPublishers = 50;
    constexpr int kEach = 20;
    const std::string channel = Declare("orders", {"billing"}, under_test().crowd);
    Workers workers = Crowd(channel, "billing", under_test().crowd, under_test().crowd);
    std::vector<std::unique_ptr<Thread>> publishers;
    for (int i = 0; i < kPublishers; ++i) {
      publishers.push_back(Spawn("publisher", [this, i, &channel] {
        for (int n = 0; n < kEach; ++n) {
          SendPatiently(channel,
                        {.key = absl::StrCat("key-", n % 5), .sender = absl::StrCat("s", i)});
        }
      }));
    }
    for (auto& publisher : publishers) publisher->Join();
    Flush();
    ExpectTrue(WaitFor(workers, kPublishers * kEach));
    workers.clear();
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.duplicated.empty() && report.phantoms.empty())
        << report;
  }
};

struct KeepsTheOrderOfAKeyForOneMember final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    PublishMany(channel, 400, 7);
    ExpectEq(member->Receive(400, Settling::kAtOnce).size(), 400u);
  }
};

struct KeepsTheOrderOfAKeyForSeveralMembers final : Stage {
  void Run() override {
    NeedsDeclared(capabilities().ordered_by_key, "ordered_by_key");
    const std::string channel = Declare("orders", {"billing"}, 8);
    Workers workers = Crowd(channel, "billing", 4, 8);
    PublishMany(channel, 400, 20);
    ExpectTrue(WaitFor(workers, 400));
  }
};

struct MembersThatComeAndGoLoseNothing final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    Workers workers;
    workers.push_back(std::make_unique<Worker>(Join(channel, "billing")));
    std::size_t gone = 0;
    int published = 0;
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 40; ++i) {
        SendPatiently(channel, {.key = absl::StrCat("key-", published++ % 20)});
      }
      if (round % 3 == 2) {
        workers[0]->Stop();
        gone += workers[0]->received();
        workers.erase(workers.begin());
      } else {
        workers.push_back(std::make_unique<Worker>(Join(channel, "billing")));
      }
    }
    Flush();
    // A message that comes twice is counted twice: so wait until all is quiet, too.
    ExpectTrue(WaitFor(workers, published - std::min<std::size_t>(gone, published)));
    const absl::Time deadline = In(patience());
    while (!history_.Check().lost.empty() && Now() < deadline) {
      SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
    }
    workers.clear();
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.phantoms.empty()) << report;
    ExpectTrue(report.settled_without_right.empty()) << report;
  }
};

struct ALateGroupStartsAtTheEarliestWhenToldSo final : Stage {
  void Run() override {
    NeedsDeclared(capabilities().replay, "replay");
    const std::string channel = Declare("orders", {"billing"});
    history_.Expect("late", channel);
    PublishMany(channel, 20);
    ConsumerOptions options = OptionsOf(channel, "late");
    options.start_from = StartFrom::kEarliest;
    auto late = Open(options);
    ExpectEq(late->Receive(20, Settling::kAtOnce).size(), 20u);
    Join(channel, "billing")->Receive(20, Settling::kAtOnce);
  }
};

struct ALateGroupStartsAtTheLatestWhenToldSo final : Stage {
  void Run() override {
    NeedsDeclared(capabilities().replay, "replay");
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 20);
    ConsumerOptions options = OptionsOf(channel, "late");
    options.start_from = StartFrom::kLatest;
    auto late = Open(options);
    late->WaitUntilReady();
    history_.Expect("late", channel);
    PublishMany(channel, 5);
    const std::vector<Received> received = late->Receive(5, Settling::kAtOnce);
    ExpectTrue(late->ReceiveFor(absl::Milliseconds(200), Settling::kAtOnce).empty());
    std::set<std::string> ids;
    for (const Received& each : received) ids.insert(each.id);
    ExpectEq(ids, (std::set<std::string>{"21", "22", "23", "24", "25"}));
    Join(channel, "billing")->Receive(25, Settling::kAtOnce);
  }
};

struct ALateGroupIsRefusedWhenToldSo final : Stage {
  void Run() override {
    NeedsDeclared(capabilities().replay, "replay");
    const std::string channel = Declare("orders", {"billing"});
    ConsumerOptions options = OptionsOf(channel, "late");
    options.start_from = StartFrom::kError;
    absl::StatusOr<std::unique_ptr<Consumer>> late = transport().OpenConsumer(options);
    absl::Status status = late.status();
    const absl::Time deadline = In(patience());
    while (status.ok() && Now() < deadline) {
      std::vector<ConsumerEvent> events;
      status = (*late)->Wait(In(absl::Milliseconds(100)), 10, events);
    }
    ExpectEq(status.code(), absl::StatusCode::kFailedPrecondition) << status;

    // One that was there before goes on.
    { auto known = Join(channel, "billing"); }
    options = OptionsOf(channel, "billing");
    PublishMany(channel, 3);
    auto member = Open(options);
    ExpectEq(member->Receive(3, Settling::kAtOnce).size(), 3u);
  }
};

struct NobodysReaderTakesNothingAway final : Stage {
  void Run() override {
    NeedsDeclared(capabilities().replay, "replay");
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 10);
    ConsumerOptions options = OptionsOf(channel, "");
    options.start_from = StartFrom::kEarliest;
    history_.Expect("nobody", channel);
    ExpectEq(Open(options)->Receive(10, Settling::kNot).size(), 10u);
    {
      auto again = Open(options);
      ExpectEq(again->Receive(10, Settling::kNot).size(), 10u);
    }
    ExpectEq(Join(channel, "billing")->Receive(10, Settling::kAtOnce).size(), 10u);
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.reordered.empty()) << report;
  }
};

struct NobodysReaderReadsAlongFromNowOn final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 10);
    ConsumerOptions options = OptionsOf(channel, "");
    options.start_from = StartFrom::kLatest;
    auto reader = Open(options);
    reader->WaitUntilReady();
    history_.Expect("nobody", channel);
    PublishMany(channel, 3);
    ExpectEq(reader->Receive(3, Settling::kNot).size(), 3u);
    ExpectTrue(reader->ReceiveFor(absl::Milliseconds(200), Settling::kNot).empty());
    ExpectEq(Join(channel, "billing")->Receive(13, Settling::kAtOnce).size(), 13u);
  }
};

}  // namespace

void AddGroups(std::vector<Entry>& checks) {
  checks.push_back(Make<EachGroupGetsEverything>(9, "EachGroupGetsEverything"));
  checks.push_back(
      Make<MembersOfOneGroupShareWithoutOverlap>(9, "MembersOfOneGroupShareWithoutOverlap"));
  checks.push_back(Make<ManyPublishersAndManyConsumersLoseNothing>(
      10, "ManyPublishersAndManyConsumersLoseNothing"));
  checks.push_back(Make<KeepsTheOrderOfAKeyForOneMember>(11, "KeepsTheOrderOfAKeyForOneMember"));
  checks.push_back(
      Make<KeepsTheOrderOfAKeyForSeveralMembers>(11, "KeepsTheOrderOfAKeyForSeveralMembers"));
  checks.push_back(
      Make<ALateGroupStartsAtTheEarliestWhenToldSo>(14, "ALateGroupStartsAtTheEarliestWhenToldSo"));
  checks.push_back(
      Make<ALateGroupStartsAtTheLatestWhenToldSo>(14, "ALateGroupStartsAtTheLatestWhenToldSo"));
  checks.push_back(Make<ALateGroupIsRefusedWhenToldSo>(14, "ALateGroupIsRefusedWhenToldSo"));
  checks.push_back(Make<NobodysReaderTakesNothingAway>(14, "NobodysReaderTakesNothingAway"));
  checks.push_back(Make<NobodysReaderReadsAlongFromNowOn>(14, "NobodysReaderReadsAlongFromNowOn"));
  checks.push_back(Make<MembersThatComeAndGoLoseNothing>(41, "MembersThatComeAndGoLoseNothing"));
}

}  // namespace omnibus::transport_testing
