// Each fault x each transport x publishing, consuming and both: traffic with keys through whole
// buses, the fault in the middle, and nothing is lost, reordered within a key, or left behind.
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/runtime.h"
#include "spdlog/spdlog.h"
#include "tests/faults/bus_on_trial.h"
#include "tests/faults/transport_for_broker.h"
#include "transport_testing/history.h"

namespace omnibus::faults {
namespace {

using transport_testing::History;
using transport_testing::Report;
using workshop::Ordered;

constexpr char kGroup[] = "workshop.joiner";
constexpr int kSenders = 2;
constexpr int kKeys = 5;                                  // of each sender
constexpr absl::Duration kPause = absl::Milliseconds(4);  // between two events of a sender
constexpr absl::Duration kLasts = absl::Seconds(3);       // longer than two heartbeats
constexpr absl::Duration kBack = absl::Seconds(5);        // until traffic is back
constexpr absl::Duration kPatience = absl::Seconds(40);
constexpr std::size_t kDisk = 64u << 20;
// What both buses may hold at the worst, and what the allocator keeps; and what the test itself
// remembers of each event.
constexpr std::int64_t kMoreMemory = 64 << 20;
constexpr std::int64_t kMemoryOfEvent = 1500;
// A Kafka group that was cut off for longer than its session forgets its members, librdkafka comes
// back as a new one, and the broker waits for the old one for a session more: a known gap.
constexpr absl::Duration kSession = absl::Seconds(6);

absl::Time Now() { return SystemRuntime().Now(); }

bool Eventually(const std::function<bool()>& condition, absl::Duration patience) {
  const absl::Time deadline = Now() + patience;
  while (!condition()) {
    if (Now() > deadline) return false;
    SystemRuntime().SleepUntil(Now() + absl::Milliseconds(5));
  }
  return true;
}

void Raise(std::atomic<std::int64_t>& value, std::int64_t to) {
  std::int64_t seen = value;
  while (seen < to && !value.compare_exchange_weak(seen, to)) {
  }
}

std::size_t EntriesOf(const char* folder) {
  DIR* const directory = opendir(folder);
  std::size_t count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}
std::size_t Descriptors() { return EntriesOf("/proc/self/fd"); }
std::size_t Threads() { return EntriesOf("/proc/self/task"); }

std::int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all = 0;
  std::int64_t resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

// Who reaches the broker by the proxy; who does not is struck by what strikes the broker alone.
enum class Side { kPublishing, kConsuming, kBoth };

std::string SideName(Side side) {
  return side == Side::kPublishing ? "publishing" : side == Side::kConsuming ? "consuming" : "both";
}

class MatrixTest : public ::testing::TestWithParam<std::tuple<Kind, Side>> {
 protected:
  static Kind kind() { return std::get<0>(GetParam()); }
  static Side side() { return std::get<1>(GetParam()); }

  void Start(std::size_t disk_bytes = 0) {
    if (!HasTransport(kind())) GTEST_SKIP() << "this build has no transport for it";
    spdlog::set_level(spdlog::level::critical);
    broker_ = ProxiedBroker::Start(kind(), disk_bytes);
    if (broker_ == nullptr) GTEST_SKIP() << "no such broker here, or no disk of its own for it";
    if (kind() == Kind::kRabbitMq) victim_.user = "victim";
    ASSERT_TRUE(PrepareVictim(*broker_, victim_));
    history_.Expect(kGroup, kOrders);
    threads_before_ = Threads();
    descriptors_before_ = Descriptors();
    OpenBuses();
  }

  void TearDown() override {
    stopping_ = true;
    for (const auto& sender : senders_) sender->Join();
  }

  void OpenBuses() {
    const std::string proxied = broker_->address(victim_.user);
    const std::string& direct = broker_->direct_address();
    auto consumer = OpenBusOnTrial(kind(), side() == Side::kPublishing ? direct : proxied,
                                   [this](const Ordered& order, Context&) { return Handle(order); },
                                   {.module_settings = "{concurrency: 4}"});
    ASSERT_TRUE(consumer.ok()) << consumer.status();
    consumer_ = *std::move(consumer);
    auto publisher = OpenBusOnTrial(kind(), side() == Side::kConsuming ? direct : proxied, nullptr,
                                    {.consumes = false});
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    publisher_ = *std::move(publisher);
    ASSERT_EQ(consumer_->WaitUntilReady(kPatience), absl::OkStatus());
    for (int i = 0; i < kSenders; ++i) {
      senders_.push_back(SystemRuntime().Spawn("sender", [this, i] { Send(i); }));
    }
    ASSERT_TRUE(BackWithin(kPatience, "at the start"));
    memory_before_ = ResidentBytes();
  }

  absl::Status Handle(const Ordered& order) {
    history_.Delivered(kGroup, "joiner", kOrders, order.what);
    ++handled_;
    Raise(newest_handled_, std::stoll(order.what));
    const std::lock_guard lock(mu_);
    seen_.insert(order.what);
    return absl::OkStatus();
  }

  void Send(int sender) {
    for (int i = 0; !stopping_; ++i) {
      const std::int64_t number = ++last_;
      const std::string id = absl::StrCat(number);
      const std::int64_t key = sender * kKeys + i % kKeys;
      {
        const std::lock_guard lock(mu_);
        history_.Published(kOrders, id, absl::StrCat(key), absl::StrCat("sender-", sender));
      }
      ++without_outcome_;
      publisher_->PublishAsync(Ordered{key, id},
                               [this, id](absl::Status status) {
                                 history_.Outcome(id, status);
                                 if (status.ok()) {
                                   ++confirmations_;
                                   const std::lock_guard lock(mu_);
                                   confirmed_.insert(id);
                                 }
                                 --without_outcome_;
                               },
                               {.timeout = absl::Seconds(30)});
      SystemRuntime().SleepUntil(Now() + kPause);
    }
  }

  // Whether events are confirmed and handled again within that time; and then all those that wait
  // meanwhile, too.
  bool BackWithin(absl::Duration time, const std::string& what) {
    const std::int64_t confirmed = confirmations_;
    const std::int64_t handled = handled_;
    const std::int64_t newest = last_;
    const absl::Time begun = Now();
    const bool back =
        Eventually([&] { return confirmations_ > confirmed && handled_ > handled; }, time);
    const absl::Duration taken = Now() - begun;
    const bool caught_up = Eventually([&] { return newest_handled_ >= newest; }, kPatience);
    std::printf("%-10s %-10s %-24s %s after %s, %s after %s, %lld published\n",
                KindName(kind()).c_str(), SideName(side()).c_str(), what.c_str(),
                back ? "back" : "NOT BACK", absl::FormatDuration(taken).c_str(),
                caught_up ? "caught up" : "NOT CAUGHT UP",
                absl::FormatDuration(Now() - begun).c_str(), static_cast<long long>(last_));
    std::fflush(stdout);
    EXPECT_TRUE(caught_up) << what;
    return back;
  }

  void Suffer(const std::string& name) {
    SCOPED_TRACE(name);
    const Fault fault = FaultNamed(kind(), name);
    const absl::Time begun = Now();
    ASSERT_TRUE(fault.begin(*broker_, victim_));
    if (!fault.passes_by_itself) SystemRuntime().SleepUntil(Now() + kLasts);
    ASSERT_TRUE(fault.end(*broker_, victim_));
    const bool forgotten = kind() == Kind::kKafka && Now() - begun > kSession;
    EXPECT_TRUE(BackWithin(forgotten ? kSession + kBack : kBack, name))
        << Shown(*publisher_) << Shown(*consumer_);
    // What cannot come back in time must come back all the same, before the next one.
    EXPECT_TRUE(newest_handled_ > 0 &&
                Eventually([&] { return consumer_->GetHealth().healthy; }, kPatience))
        << Shown(*consumer_);
  }

  static std::string Shown(const Bus& bus) {
    std::string text;
    for (const Health::Part& part : bus.GetHealth().parts) {
      absl::StrAppend(&text, part.name, part.link.healthy ? " green: " : " red: ", part.link.detail,
                      "; ");
    }
    return text;
  }

  // The end of it: all that was confirmed is handled, and nothing is left.
  Report Finish() {
    stopping_ = true;
    for (const auto& sender : senders_) sender->Join();
    EXPECT_TRUE(Eventually([&] { return without_outcome_ == 0; }, kPatience));
    (void)Eventually(
        [&] {
          const std::lock_guard lock(mu_);
          return std::includes(seen_.begin(), seen_.end(), confirmed_.begin(), confirmed_.end());
        },
        absl::Seconds(20));
    EXPECT_LE(ResidentBytes() - memory_before_, kMoreMemory + kMemoryOfEvent * last_);
    EXPECT_EQ(publisher_->Close(absl::Seconds(10)), absl::OkStatus());
    EXPECT_EQ(consumer_->Close(absl::Seconds(10)), absl::OkStatus());
    publisher_.reset();
    consumer_.reset();
    EXPECT_TRUE(Eventually([&] { return Threads() <= threads_before_; }, absl::Seconds(5)))
        << Threads() << " threads, " << threads_before_ << " before";
    // The proxy's go a moment later.
    EXPECT_TRUE(Eventually([&] { return Descriptors() <= descriptors_before_; }, absl::Seconds(5)))
        << Descriptors() << " descriptors, " << descriptors_before_ << " before";
    Report report = history_.Check();
    std::printf(
        "%-10s %-10s %lld published, %zu handled, lost %zu, duplicated %zu, reordered %zu\n",
        KindName(kind()).c_str(), SideName(side()).c_str(), static_cast<long long>(last_),
        static_cast<std::size_t>(handled_), report.lost.size(), report.duplicated.size(),
        report.reordered.size());
    return report;
  }

  void ExpectNothingWrong(const Report& report) {
    EXPECT_TRUE(report.lost.empty()) << report;
    EXPECT_TRUE(report.reordered.empty()) << report;
    EXPECT_TRUE(report.phantoms.empty()) << report;
    EXPECT_TRUE(report.without_outcome.empty()) << report;
    // No process of ours has died: its inbox has taken each effect once.
    EXPECT_TRUE(report.duplicated.empty()) << report;
  }

  Victim victim_ = {.channel = kOrders, .module = "joiner"};
  std::unique_ptr<ProxiedBroker> broker_;
  History history_;
  std::size_t threads_before_ = 0;
  std::size_t descriptors_before_ = 0;
  std::int64_t memory_before_ = 0;

  std::mutex mu_;
  std::set<std::string> seen_;
  std::set<std::string> confirmed_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> last_ = 0;
  std::atomic<std::int64_t> handled_ = 0;
  std::atomic<std::int64_t> without_outcome_ = 0;
  std::atomic<std::int64_t> newest_handled_ = 0;
  std::atomic<std::int64_t> confirmations_ = 0;

  std::unique_ptr<Bus> consumer_;
  std::unique_ptr<Bus> publisher_;
  std::vector<std::unique_ptr<Thread>> senders_;  // joined before the buses go
};

TEST_P(MatrixTest, TheNetworkFails) {
  Start();
  if (IsSkipped() || HasFatalFailure()) return;
  for (const char* fault :
       {"cut", "refused", "black-hole", "black-hole-to-broker", "black-hole-to-client",
        "half-closed-to-broker", "half-closed-to-client", "delayed", "throttled"}) {
    Suffer(fault);
  }
  ExpectNothingWrong(Finish());
}

class BrokerMatrixTest : public MatrixTest {};

TEST_P(BrokerMatrixTest, TheBrokerFails) {
  Start();
  if (IsSkipped() || HasFatalFailure()) return;
  for (const char* fault : {"frozen", "killed", "stopped"}) Suffer(fault);
  Suffer("revoked");
  if (kind() == Kind::kRabbitMq) {
    for (const char* fault : {"memory-alarm", "disk-full", "closed-by-broker"}) Suffer(fault);
  }
  ExpectNothingWrong(Finish());
}

TEST_P(BrokerMatrixTest, TheDiskIsFull) {
  if (kind() == Kind::kRabbitMq) {
    GTEST_SKIP() << "this broker is told so: see TheBrokerFails";
  }
  Start(kDisk);
  if (IsSkipped() || HasFatalFailure()) return;
  Suffer("disk-full");
  ExpectNothingWrong(Finish());
}

TEST_P(BrokerMatrixTest, SomebodyDeletesTheChannel) {
  Start();
  if (IsSkipped() || HasFatalFailure()) return;
  for (int i = 0; i < 2; ++i) Suffer("deleted");
  // What was in it is gone, by somebody's will.
  const Report report = Finish();
  EXPECT_TRUE(report.reordered.empty()) << report;
  EXPECT_TRUE(report.phantoms.empty()) << report;
  EXPECT_TRUE(report.without_outcome.empty()) << report;
  EXPECT_TRUE(report.duplicated.empty()) << report;
}

std::string NameOf(const ::testing::TestParamInfo<std::tuple<Kind, Side>>& info) {
  return KindName(std::get<0>(info.param)) + "_" + SideName(std::get<1>(info.param));
}

const auto kKinds = ::testing::Values(Kind::kKafka, Kind::kRabbitMq);

INSTANTIATE_TEST_SUITE_P(
    Brokers, MatrixTest,
    ::testing::Combine(kKinds, ::testing::Values(Side::kPublishing, Side::kConsuming, Side::kBoth)),
    &NameOf);
// Where the broker itself fails, it fails for both.
INSTANTIATE_TEST_SUITE_P(Brokers, BrokerMatrixTest,
                         ::testing::Combine(kKinds, ::testing::Values(Side::kBoth)), &NameOf);

}  // namespace
}  // namespace omnibus::faults
