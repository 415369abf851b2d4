// Who gets what, and in which order: behaviours 9 to 11, 14 and 42.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/behaviours/transport_behaviour.h"

namespace omnibus::behaviours {
namespace {

using Workers = std::vector<std::unique_ptr<Worker>>;

TEST_P(TransportBehaviour, EachGroupGetsEverything) {
  const std::string channel = Declare("orders", {"billing", "shipping"});
  auto billing = Join(channel, "billing");
  auto shipping = Join(channel, "shipping");
  PublishMany(channel, 100);
  EXPECT_EQ(billing->Receive(100, Settling::kAtOnce).size(), 100u);
  EXPECT_EQ(shipping->Receive(100, Settling::kAtOnce).size(), 100u);
}

TEST_P(TransportBehaviour, MembersOfOneGroupShareWithoutOverlap) {
  const std::string channel = Declare("orders", {"billing"}, 6);
  Workers workers = Crowd(channel, "billing", 3, 6);
  PublishMany(channel, 300, 60);
  EXPECT_TRUE(WaitFor(workers, 300));
  workers.clear();
  const Report report = TakeReport();
  EXPECT_TRUE(report.lost.empty() && report.duplicated.empty() && report.phantoms.empty())
      << report;
}

TEST_P(TransportBehaviour, ManyPublishersAndManyConsumersLoseNothing) {
  constexpr int kPublishers = 50;
  constexpr int kEach = 20;
  const std::string channel = Declare("orders", {"billing"}, features().crowd);
  Workers workers = Crowd(channel, "billing", features().crowd, features().crowd);
  std::vector<std::unique_ptr<Thread>> publishers;
  for (int i = 0; i < kPublishers; ++i) {
    publishers.push_back(SystemRuntime().Spawn("publisher", [this, i, &channel] {
      for (int n = 0; n < kEach; ++n) {
        SendPatiently(channel,
                      {.key = absl::StrCat("key-", n % 5), .sender = absl::StrCat("s", i)});
      }
    }));
  }
  for (auto& publisher : publishers) publisher->Join();
  Flush();
  EXPECT_TRUE(WaitFor(workers, kPublishers * kEach));
  workers.clear();
  const Report report = TakeReport();
  EXPECT_TRUE(report.lost.empty() && report.duplicated.empty() && report.phantoms.empty())
      << report;
}

TEST_P(TransportBehaviour, KeepsTheOrderOfAKeyForOneMember) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  PublishMany(channel, 400, 7);
  EXPECT_EQ(member->Receive(400, Settling::kAtOnce).size(), 400u);
}

TEST_P(TransportBehaviour, KeepsTheOrderOfAKeyForSeveralMembers) {
  if (!capabilities().ordered_by_key) GTEST_SKIP() << "not declared: ordered_by_key";
  const std::string channel = Declare("orders", {"billing"}, 8);
  Workers workers = Crowd(channel, "billing", 4, 8);
  PublishMany(channel, 400, 20);
  EXPECT_TRUE(WaitFor(workers, 400));
}

TEST_P(TransportBehaviour, MembersThatComeAndGoLoseNothing) {
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
  EXPECT_TRUE(WaitFor(workers, published - std::min<std::size_t>(gone, published)));
  const absl::Time deadline = In(kPatience);
  while (!history_.Check().lost.empty() && Now() < deadline) {
    SystemRuntime().SleepUntil(In(absl::Milliseconds(50)));
  }
  workers.clear();
  const Report report = TakeReport();
  EXPECT_TRUE(report.lost.empty() && report.phantoms.empty()) << report;
  EXPECT_TRUE(report.settled_without_right.empty()) << report;
}

TEST_P(TransportBehaviour, ALateGroupStartsAtTheEarliestWhenToldSo) {
  if (!capabilities().replay) GTEST_SKIP() << "not declared: replay";
  const std::string channel = Declare("orders", {"billing"});
  history_.Expect("late", channel);
  PublishMany(channel, 20);
  ConsumerOptions options = OptionsOf(channel, "late");
  options.start_from = StartFrom::kEarliest;
  auto late = Open(options);
  EXPECT_EQ(late->Receive(20, Settling::kAtOnce).size(), 20u);
  Join(channel, "billing")->Receive(20, Settling::kAtOnce);
}

TEST_P(TransportBehaviour, ALateGroupStartsAtTheLatestWhenToldSo) {
  if (!capabilities().replay) GTEST_SKIP() << "not declared: replay";
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 20);
  ConsumerOptions options = OptionsOf(channel, "late");
  options.start_from = StartFrom::kLatest;
  auto late = Open(options);
  late->WaitUntilReady();
  history_.Expect("late", channel);
  PublishMany(channel, 5);
  const std::vector<Received> received = late->Receive(5, Settling::kAtOnce);
  EXPECT_TRUE(late->ReceiveFor(absl::Milliseconds(200), Settling::kAtOnce).empty());
  std::set<std::string> ids;
  for (const Received& each : received) ids.insert(each.id);
  EXPECT_EQ(ids, (std::set<std::string>{"21", "22", "23", "24", "25"}));
  Join(channel, "billing")->Receive(25, Settling::kAtOnce);
}

TEST_P(TransportBehaviour, ALateGroupIsRefusedWhenToldSo) {
  if (!capabilities().replay) GTEST_SKIP() << "not declared: replay";
  const std::string channel = Declare("orders", {"billing"});
  ConsumerOptions options = OptionsOf(channel, "late");
  options.start_from = StartFrom::kError;
  absl::StatusOr<std::unique_ptr<Consumer>> late = transport().OpenConsumer(options);
  absl::Status status = late.status();
  const absl::Time deadline = In(kPatience);
  while (status.ok() && Now() < deadline) {
    std::vector<ConsumerEvent> events;
    status = (*late)->Wait(In(absl::Milliseconds(100)), 10, events);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;

  // One that was there before goes on.
  { auto known = Join(channel, "billing"); }
  options = OptionsOf(channel, "billing");
  PublishMany(channel, 3);
  auto member = Open(options);
  EXPECT_EQ(member->Receive(3, Settling::kAtOnce).size(), 3u);
}

TEST_P(TransportBehaviour, NobodysReaderTakesNothingAway) {
  if (!capabilities().replay) GTEST_SKIP() << "not declared: replay";
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 10);
  ConsumerOptions options = OptionsOf(channel, "");
  options.start_from = StartFrom::kEarliest;
  history_.Expect("nobody", channel);
  EXPECT_EQ(Open(options)->Receive(10, Settling::kNot).size(), 10u);
  {
    auto again = Open(options);
    EXPECT_EQ(again->Receive(10, Settling::kNot).size(), 10u);
  }
  EXPECT_EQ(Join(channel, "billing")->Receive(10, Settling::kAtOnce).size(), 10u);
  const Report report = TakeReport();
  EXPECT_TRUE(report.lost.empty() && report.reordered.empty()) << report;
}

TEST_P(TransportBehaviour, NobodysReaderReadsAlongFromNowOn) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 10);
  ConsumerOptions options = OptionsOf(channel, "");
  options.start_from = StartFrom::kLatest;
  auto reader = Open(options);
  reader->WaitUntilReady();
  history_.Expect("nobody", channel);
  PublishMany(channel, 3);
  EXPECT_EQ(reader->Receive(3, Settling::kNot).size(), 3u);
  EXPECT_TRUE(reader->ReceiveFor(absl::Milliseconds(200), Settling::kNot).empty());
  EXPECT_EQ(Join(channel, "billing")->Receive(13, Settling::kAtOnce).size(), 13u);
}

}  // namespace
}  // namespace omnibus::behaviours
