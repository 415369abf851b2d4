// Members of a group as processes of their own: they join, leave, freeze, and are killed between
// any two steps of a message's way.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/runtime.h"
#include "spdlog/spdlog.h"
#include "tests/faults/bus_on_trial.h"
#include "tests/faults/kill_point.h"
#include "tests/faults/transport_for_broker.h"
#include "tests/support/subprocess.h"
#include "transport_testing/history.h"

namespace omnibus::faults {
namespace {

using testing::Subprocess;
using transport_testing::History;
using transport_testing::Report;
using workshop::Ordered;

constexpr char kGroup[] = "workshop.joiner";
constexpr int kKeys = 20;
constexpr absl::Duration kPause = absl::Milliseconds(4);
constexpr absl::Duration kTakenOver = absl::Seconds(10);
constexpr absl::Duration kPatience = absl::Seconds(40);
// The most that Kafka's last commit leaves (commit_every), or RabbitMQ's prefetch, and the
// handlers.
constexpr std::size_t kWindow = 256 + 4;

absl::Time Now() { return SystemRuntime().Now(); }

bool Eventually(const std::function<bool()>& condition, absl::Duration patience) {
  const absl::Time deadline = Now() + patience;
  while (!condition()) {
    if (Now() > deadline) return false;
    SystemRuntime().SleepUntil(Now() + absl::Milliseconds(10));
  }
  return true;
}

// What the members have written: who handled what, and when.
class JournalReader {
 public:
  explicit JournalReader(std::string path) : path_(std::move(path)) {}

  void Read() {
    std::ifstream file(path_);
    file.seekg(read_);
    std::string line;
    while (std::getline(file, line) && !file.eof()) {
      read_ += static_cast<std::streamoff>(line.size()) + 1;
      std::istringstream words(line);
      std::int64_t time = 0;
      std::string member;
      std::string id;
      char what = ' ';
      words >> time >> member >> what >> id;
      if (what != 'H') continue;
      handled_.emplace_back(time, member, id);
      seen_.insert(id);
      ++counts_[member];
    }
  }

  const std::set<std::string>& seen() const { return seen_; }
  int CountOf(const std::string& member) { return counts_[member]; }
  // In the order in which it happened.
  std::vector<std::tuple<std::int64_t, std::string, std::string>> Sorted() const {
    auto sorted = handled_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

 private:
  const std::string path_;
  std::streamoff read_ = 0;
  std::vector<std::tuple<std::int64_t, std::string, std::string>> handled_;
  std::set<std::string> seen_;
  std::map<std::string, int> counts_;
};

class MembersTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (!HasTransport(GetParam())) GTEST_SKIP() << "this build has no transport for it";
    spdlog::set_level(spdlog::level::critical);
    broker_ = ProxiedBroker::Start(GetParam());
    if (broker_ == nullptr) GTEST_SKIP() << "no such broker here";
    journal_path_ = broker_->broker().directory() + "/journal";
    journal_ = std::make_unique<JournalReader>(journal_path_);
    auto publisher = OpenBusOnTrial(GetParam(), broker_->address(), nullptr, {.consumes = false});
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    publisher_ = *std::move(publisher);
    history_.Expect(kGroup, kOrders);
  }

  void TearDown() override {
    stopping_ = true;
    if (sender_ != nullptr) sender_->Join();
  }

  void StartTraffic() {
    sender_ = SystemRuntime().Spawn("sender", [this] {
      for (int i = 0; !stopping_; ++i) {
        const std::string id = absl::StrCat(++last_);
        const std::int64_t key = i % kKeys;
        history_.Published(kOrders, id, absl::StrCat(key), "sender");
        publisher_->PublishAsync(Ordered{key, id},
                                 [this, id](absl::Status status) {
                                   history_.Outcome(id, status);
                                   const std::lock_guard lock(mu_);
                                   (status.ok() ? confirmed_ : refused_).insert(id);
                                 },
                                 {.timeout = absl::Seconds(30)});
        SystemRuntime().SleepUntil(Now() + kPause);
      }
    });
  }

  // One that is ready.
  std::unique_ptr<Subprocess> StartMember(const std::string& name, const std::string& point = "",
                                          int pass = 0) {
    std::vector<std::string> command = {OMNIBUS_FAULTS_MEMBER, KindName(GetParam()),
                                        broker_->address(), name, journal_path_};
    if (!point.empty()) command.insert(command.end(), {point, absl::StrCat(pass)});
    auto member = std::make_unique<Subprocess>(std::move(command));
    // One that is to be killed may not come so far.
    if (point.empty()) {
      EXPECT_TRUE(member->WaitForOutput("ready")) << member->errors();
    }
    return member;
  }

  // Whether all that was confirmed up to now is handled within that time.
  bool CatchesUpWithin(absl::Duration time, const std::string& what) {
    std::set<std::string> due;
    {
      const std::lock_guard lock(mu_);
      due = confirmed_;
    }
    const absl::Time begun = Now();
    const bool caught_up = Eventually(
        [&] {
          journal_->Read();
          return std::includes(journal_->seen().begin(), journal_->seen().end(), due.begin(),
                               due.end());
        },
        time);
    std::printf("%-10s %-24s %s after %s\n", KindName(GetParam()).c_str(), what.c_str(),
                caught_up ? "taken over" : "NOT TAKEN OVER",
                absl::FormatDuration(Now() - begun).c_str());
    std::fflush(stdout);
    return caught_up;
  }

  Report Finish() {
    stopping_ = true;
    if (sender_ != nullptr) sender_->Join();
    EXPECT_TRUE(Eventually(
        [&] {
          const std::lock_guard lock(mu_);
          return static_cast<std::int64_t>(confirmed_.size() + refused_.size()) == last_;
        },
        kPatience));
    EXPECT_TRUE(CatchesUpWithin(kPatience, "the rest"));
    for (const auto& [time, member, id] : journal_->Sorted()) {
      history_.Delivered(kGroup, member, kOrders, id);
    }
    Report report = history_.Check();
    std::printf("%-10s %lld published, lost %zu, duplicated %zu, reordered %zu\n",
                KindName(GetParam()).c_str(), static_cast<long long>(last_), report.lost.size(),
                report.duplicated.size(), report.reordered.size());
    EXPECT_TRUE(report.lost.empty()) << report;
    EXPECT_TRUE(report.phantoms.empty()) << report;
    EXPECT_TRUE(report.without_outcome.empty()) << report;
    // Members of a RabbitMQ group share one queue, message by message: there is no order to keep.
    if (GetParam() == Kind::kKafka) {
      EXPECT_TRUE(report.reordered.empty()) << report;
    }
    return report;
  }

  std::unique_ptr<ProxiedBroker> broker_;
  std::string journal_path_;
  std::unique_ptr<JournalReader> journal_;
  History history_;
  std::mutex mu_;
  std::set<std::string> confirmed_;
  std::set<std::string> refused_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> last_ = 0;
  std::unique_ptr<Bus> publisher_;
  std::unique_ptr<Thread> sender_;
};

TEST_P(MembersTest, AreKilledBetweenAnyTwoStepsAndLoseNothing) {
  const std::unique_ptr<Subprocess> survivor = StartMember("survivor");
  StartTraffic();
  for (const std::string_view point : kKillPoints) {
    SCOPED_TRACE(point);
    const std::string name(point);
    const std::unique_ptr<Subprocess> victim =
        StartMember(name, name, point == "committed" ? 1 : 30);
    ASSERT_EQ(victim->Wait(std::chrono::seconds(40)), 128 + SIGKILL) << victim->errors();
    EXPECT_TRUE(CatchesUpWithin(kTakenOver, name));
  }
  const Report report = Finish();
  EXPECT_LE(report.duplicated.size(), std::size(kKillPoints) * kWindow) << report;
}

TEST_P(MembersTest, AreRestartedOneAfterTheOtherUnderLoad) {
  constexpr int kMembers = 5;
  std::vector<std::unique_ptr<Subprocess>> members;
  for (int i = 0; i < kMembers; ++i) members.push_back(StartMember(absl::StrCat("old-", i)));
  StartTraffic();
  for (int i = 0; i < kMembers; ++i) {
    members[i]->Signal(SIGTERM);
    EXPECT_EQ(members[i]->Wait(), 0) << members[i]->errors();
    members[i] = StartMember(absl::StrCat("new-", i));
  }
  EXPECT_TRUE(CatchesUpWithin(kTakenOver, "rolling restart"));
  const Report report = Finish();
  std::string told;
  for (const auto& member : members) {
    member->Signal(SIGTERM);
    EXPECT_EQ(member->Wait(), 0);
    told += member->errors();
  }
  EXPECT_TRUE(report.duplicated.empty()) << report << told;
}

TEST_P(MembersTest, AreFrozenAndComeBack) {
  const std::unique_ptr<Subprocess> survivor = StartMember("survivor");
  const std::unique_ptr<Subprocess> frozen = StartMember("frozen");
  StartTraffic();
  ASSERT_TRUE(Eventually(
      [&] {
        journal_->Read();
        return journal_->CountOf("frozen") > 20 && journal_->CountOf("survivor") > 20;
      },
      kPatience));
  frozen->Signal(SIGSTOP);
  EXPECT_TRUE(CatchesUpWithin(kTakenOver, "frozen"));
  // Longer than any broker keeps its place.
  SystemRuntime().SleepUntil(Now() + absl::Seconds(4));
  const int before = journal_->CountOf("frozen");
  frozen->Signal(SIGCONT);
  EXPECT_TRUE(Eventually(
      [&] {
        journal_->Read();
        return journal_->CountOf("frozen") > before + 50;
      },
      kPatience))
      << "it never works again";
  const Report report = Finish();
  EXPECT_LE(report.duplicated.size(), kWindow) << report;
  frozen->Signal(SIGTERM);
  EXPECT_EQ(frozen->Wait(), 0) << frozen->errors();
}

INSTANTIATE_TEST_SUITE_P(Brokers, MembersTest, ::testing::Values(Kind::kKafka, Kind::kRabbitMq),
                         [](const auto& param_info) { return KindName(param_info.param); });

}  // namespace
}  // namespace omnibus::faults
