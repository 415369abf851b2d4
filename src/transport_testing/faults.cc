// What happens to the broker, and what must not follow from it: behaviours 22, 39, 40, 43 to 45,
// 47 and 48.
#include <atomic>
#include <set>

#include "absl/strings/str_cat.h"
#include "transport_testing/bus_stage.h"
#include "transport_testing/checks.h"

namespace omnibus::transport_testing {
namespace {

// An outcome may be 100 ms late; the rest is for a busy machine.
constexpr absl::Duration kLate = absl::Milliseconds(600);

bool NotConfirmed(const absl::Status& status) {
  return absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status) ||
         absl::IsResourceExhausted(status);
}

// Messages that come and go all the time, on one channel.
class TrafficStage : public Stage {
 protected:
  void StartTraffic() {
    channel_ = Declare("traffic", {"billing"}, 4);
    worker_ = std::make_unique<Worker>(Join(channel_, "billing"));
    publisher_ = Spawn("traffic", [this] {
      for (int i = 0; !stop_; ++i) {
        Message message;
        message.key = absl::StrCat("key-", i % 10);
        message.timeout = absl::Seconds(120);
        SendPatiently(channel_, message);
        SystemRuntime().SleepUntil(In(absl::Milliseconds(2)));
      }
    });
    RequireTrue(Becomes([&] { return worker_->received() > 200; })) << "no traffic";
  }

  void StopTraffic() {
    stop_ = true;
    publisher_->Join();
    Flush();
    ExpectTrue(Becomes([&] { return history_.Check().lost.empty(); }));
  }

  // What a fault may leave behind.
  void JudgeTraffic() {
    worker_.reset();
    const Report report = TakeReport();
    Note(absl::StrCat(history_.deliveries("billing"), " deliveries, ", report.duplicated.size(),
                      " duplicates, ", report.reordered.size(), " reordered"));
    ExpectTrue(report.lost.empty() && report.phantoms.empty() &&
               report.settled_without_right.empty() && report.without_outcome.empty())
        << report;
    ExpectLe(report.duplicated.size(), under_test().in_flight) << "duplicates";
    if (declared().ordered_by_key) ExpectTrue(report.reordered.empty()) << report;
  }

  Worker& worker() { return *worker_; }
  const std::string& channel() const { return channel_; }

  bool Healthy() {
    return producer().Health().healthy && worker_->member().consumer().Health().healthy;
  }
  bool Sick() {
    return !producer().Health().healthy && !worker_->member().consumer().Health().healthy;
  }

 private:
  std::string channel_;
  std::atomic<bool> stop_ = false;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<Thread> publisher_;  // destroyed first: it is joined then
};

struct ARestartOfTheBrokerLosesNothing final : TrafficStage {
  void Run() override {
    Applies(declared().remote, "its broker lives and dies with this process");
    NeedsFault(faults().kill && faults().restart, "kill, restart");
    StartTraffic();
    RequireTrue(faults().kill());
    ExpectTrue(Becomes([&] { return Sick(); }, under_test().silence)) << "health stayed green";
    RequireTrue(faults().restart());
    const absl::Time back = Now();
    const std::size_t before = worker().received();
    ExpectTrue(Becomes([&] { return worker().received() > before; })) << "traffic did not return";
    const absl::Duration took = Now() - back;
    Note(absl::StrCat("traffic back after ", absl::FormatDuration(took)));
    ExpectLe(took, under_test().recovery) << "until traffic was back";
    ExpectTrue(Becomes([&] { return Healthy(); })) << "health stayed red";
    StopTraffic();
    JudgeTraffic();
  }
};

// Packets are dropped, nothing is reset. Meanwhile one handler runs for long, and a publisher
// waits.
struct ASilentPeerIsNoticed final : Stage {
  void Run() override {
    Applies(declared().remote, "its broker lives and dies with this process");
    const auto& cut = faults().cut ? faults().cut : faults().freeze;
    const auto& mend = faults().cut ? faults().mend : faults().thaw;
    NeedsFault(cut && mend, "cut, mend");
    const std::string channel = Declare("orders", {"billing"}, 1);
    auto member = Join(channel, "billing");
    RequireOk(Publish(channel, {.key = "k"}));
    const std::vector<Received> held = member->Receive(1, Settling::kNot);
    RequireEq(held.size(), 1u);
    RequireTrue(Becomes([&] { return producer().Health().healthy; }));

    RequireTrue(cut());
    const absl::Time start = Now();
    const absl::Status status = Publish(channel, {.key = "k", .timeout = absl::Seconds(1)});
    ExpectTrue(NotConfirmed(status)) << status;
    ExpectLe(Now() - start, absl::Seconds(1) + kLate) << "for a publish of one second";
    // Nobody calls Wait(): a handler runs.
    ExpectTrue(Becomes([&] { return !member->consumer().Health().healthy; },
                       under_test().silence - (Now() - start)))
        << "the consumer's health is green: " << member->consumer().Health().detail;
    Note(absl::StrCat("the consumer noticed in ", absl::FormatDuration(Now() - start)));
    ExpectTrue(Becomes([&] { return !producer().Health().healthy; },
                       under_test().silence - (Now() - start)))
        << "the producer's health is green: " << producer().Health().detail;

    RequireTrue(mend());
    const absl::Time back = Now();
    ExpectTrue(Becomes([&] {
      member->ReceiveFor(absl::Milliseconds(10), Settling::kAtOnce);
      return producer().Health().healthy && member->consumer().Health().healthy;
    })) << "health stayed red: "
        << producer().Health().detail << ", " << member->consumer().Health().detail;
    Note(absl::StrCat("green again after ", absl::FormatDuration(Now() - back)));
    RequireOk(Publish(channel, {.key = "k", .body = "after"}));
    const absl::Time deadline = In(patience());
    std::set<std::string> bodies;
    while (!bodies.contains("after") && Now() < deadline) {
      for (const Received& each : member->ReceiveFor(absl::Milliseconds(50), Settling::kAtOnce)) {
        bodies.insert(each.body);
      }
    }
    ExpectTrue(bodies.contains("after")) << "it receives nothing any more";
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.settled_without_right.empty()) << report;
  }
};

struct AnOutcomeThatNobodyKnowsIsSaidToBeUnknownInTime final : Stage {
  void Run() override {
    Applies(declared().remote, "its broker always answers");
    NeedsFault(faults().freeze && faults().thaw, "freeze, thaw");
    const std::string channel = Declare("orders", {"billing"}, 1);
    RequireOk(Publish(channel, {.key = "k", .body = "before"}));
    RequireTrue(faults().freeze());
    for (const absl::Duration timeout : {absl::Milliseconds(50), absl::Milliseconds(700)}) {
      const absl::Time start = Now();
      const absl::Status status =
          Publish(channel, {.key = "k", .body = "during", .timeout = timeout});
      ExpectTrue(absl::IsDeadlineExceeded(status)) << "handed over, not answered: " << status;
      ExpectLe(Now() - start, timeout + kLate) << "for a publish of " << timeout;
    }
    RequireTrue(faults().thaw());
    const absl::Status status = Publish(channel, {.key = "k", .body = "after"});
    ExpectOk(status);
    // What was unknown is there or not; what was confirmed is there.
    auto member = Join(channel, "billing");
    std::set<std::string> bodies;
    const absl::Time deadline = In(patience());
    while (!bodies.contains("after") && Now() < deadline) {
      for (const Received& each : member->ReceiveFor(absl::Milliseconds(50), Settling::kAtOnce)) {
        bodies.insert(each.body);
      }
    }
    ExpectTrue(bodies.contains("before") && bodies.contains("after")) << bodies;
    TakeReport();
  }
};

struct ADeletedQueueIsFoundAgain final : Stage {
  void Run() override {
    NeedsFault(faults().delete_queue != nullptr, "delete_queue");
    const std::string channel = Declare("orders", {"billing"}, 1);
    auto member = Join(channel, "billing");
    PublishMany(channel, 5);
    const std::vector<Received> held = member->Receive(5, Settling::kNot);
    RequireEq(held.size(), 5u);
    RequireTrue(faults().delete_queue(channel, OptionsOf(channel, "billing").module));
    // What comes after it is there again reaches the member, whatever becomes of what was there.
    std::set<std::string> bodies;
    bool red = false;
    int round = 0;
    const absl::Time deadline = In(patience());
    while (bodies.empty() && Now() < deadline) {
      (void)Publish(channel,
                    {.body = absl::StrCat("again-", ++round), .timeout = absl::Seconds(2)});
      red = red || !member->consumer().Health().healthy;
      for (const Received& each : member->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce)) {
        if (each.body.starts_with("again")) bodies.insert(each.body);
      }
    }
    ExpectFalse(bodies.empty()) << "nothing came any more";
    ExpectTrue(red || member->losses() > 0) << "nobody was told";
    for (const Received& each : held) {
      ExpectFalse(member->Settle(each)) << "settled, though its queue is gone";
    }
    ExpectTrue(Becomes([&] {
      member->ReceiveFor(absl::Milliseconds(20), Settling::kAtOnce);
      return member->consumer().Health().healthy;
    })) << "health stayed red";
    TakeReport();  // what was deleted is lost, by somebody's will
  }
};

struct AChannelErrorEndsAloneAndOthersGetTheirOutcomes final : Stage {
  void Run() override {
    Applies(declared().remote, "it has no channels to lose");
    NeedsFault(faults().delete_channel != nullptr, "delete_channel");
    const std::string good = Declare("good", {"billing"}, 1);
    const std::string doomed = Declare("doomed", {"billing"}, 1);
    RequireOk(Publish(doomed, {.key = "k"}));
    auto member = Join(good, "billing");
    // Others are on their way all the time.
    std::atomic<bool> stop = false;
    const auto traffic = Spawn("traffic", [&] {
      while (!stop) {
        SendPatiently(good, {.key = "k", .timeout = absl::Seconds(60)});
        SystemRuntime().SleepUntil(In(absl::Milliseconds(1)));
      }
    });
    RequireTrue(faults().delete_channel(doomed));
    absl::Status status;
    const absl::Time deadline = In(patience());
    do {
      status = Publish(doomed, {.key = "k", .timeout = absl::Seconds(5)});
    } while (status.ok() && Now() < deadline);
    ExpectFalse(status.ok()) << "published to what is not there";
    for (int i = 0; i < 50; ++i) ExpectOk(Publish(good, {.key = "other"}));
    stop = true;
    traffic->Join();
    Flush();
    // Each of the others was confirmed, and has come.
    const std::size_t confirmed = history_.confirmed(good);
    ExpectTrue(Becomes([&] {
      member->ReceiveFor(absl::Milliseconds(50), Settling::kAtOnce);
      return history_.delivered(good) >= confirmed;
    })) << history_.delivered(good)
        << " of " << confirmed << " have come";
    ExpectEq(history_.confirmed(good), history_.published(good)) << "not all of the others";
    const Report report = TakeReport();
    ExpectTrue(report.without_outcome.empty() && report.reordered.empty()) << report;
    ExpectTrue(producer().Health().healthy) << producer().Health().detail;
  }
};

struct BlockedPublishersBlockNobodyElse final : Stage {
  void Run() override {
    NeedsDeclared(declared().blocks_publishers, "blocks_publishers");
    NeedsFault(faults().block_publishers && faults().unblock_publishers, "block_publishers");
    const std::string channel = Declare("orders", {"billing"}, 1);
    PublishMany(channel, 20);
    auto member = Join(channel, "billing");
    RequireTrue(faults().block_publishers());
    for (int i = 0; i < 3; ++i) {
      const absl::Time start = Now();
      const absl::Status status = Publish(channel, {.key = "k", .timeout = absl::Seconds(1)});
      ExpectTrue(NotConfirmed(status)) << status;
      ExpectLe(Now() - start, absl::Seconds(1) + kLate) << "for a publish of one second";
    }
    ExpectTrue(Becomes([&] { return !producer().Health().healthy; }, under_test().silence))
        << "the producer's health is green";
    ExpectEq(member->Receive(20, Settling::kAtOnce).size(), 20u) << "consumers were blocked, too";
    ExpectTrue(member->consumer().Health().healthy) << member->consumer().Health().detail;
    RequireTrue(faults().unblock_publishers());
    const absl::Time back = Now();
    ExpectOk(Publish(channel, {.key = "k"}));
    Note(absl::StrCat("published again after ", absl::FormatDuration(Now() - back)));
    ExpectTrue(Becomes([&] { return producer().Health().healthy; })) << producer().Health().detail;
    ExpectTrue(Becomes([&] {
      member->ReceiveFor(absl::Milliseconds(20), Settling::kAtOnce);
      return history_.Check().lost.empty();
    }));
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.duplicated.empty()) << report;
  }
};

// A broker inside the process has no alarm; what blocks its publishers is that it is full.
struct AFullBrokerBlocksPublishersAlone final : Stage {
  void Run() override {
    Applies(!declared().remote, "its broker has alarms for that");
    Reopen(/*queue=*/20);
    const std::string channel = Declare("orders", {"billing"}, 1);
    const std::string other = Declare("other", {"billing"}, 1);
    auto elsewhere = Join(other, "billing");
    int taken = 0;
    while (Send(channel, {.key = "k"}).ok() && taken < 10'000) ++taken;
    ExpectTrue(Becomes([&] { return !producer().Health().healthy; }, absl::Seconds(1)))
        << "health is green though it takes nothing";
    RequireOk(Publish(other, {.key = "k"}));
    ExpectEq(elsewhere->Receive(1, Settling::kAtOnce).size(), 1u);
    auto member = Join(channel, "billing");
    ExpectEq(member->Receive(static_cast<std::size_t>(taken), Settling::kAtOnce).size(),
             static_cast<std::size_t>(taken));
    SendPatiently(channel, {.key = "k"});
    ExpectTrue(Becomes([&] { return producer().Health().healthy; })) << "health stayed red";
    ExpectEq(member->Receive(1, Settling::kAtOnce).size(), 1u);
  }
};

// The wall clock of the machine, which somebody sets.
class JumpingRuntime final : public Runtime {
 public:
  void Jump(absl::Duration by) { offset_ += absl::ToInt64Seconds(by); }

  absl::Time Now() override { return SystemRuntime().Now(); }
  absl::Time WallTime() override {
    return SystemRuntime().WallTime() + absl::Seconds(offset_.load());
  }
  std::uint64_t Random() override { return SystemRuntime().Random(); }
  std::unique_ptr<Doorbell> NewDoorbell() override { return SystemRuntime().NewDoorbell(); }
  std::unique_ptr<Thread> Spawn(std::string name, std::function<void()> body) override {
    return SystemRuntime().Spawn(std::move(name), std::move(body));
  }
  void SleepUntil(absl::Time deadline) override { SystemRuntime().SleepUntil(deadline); }

 private:
  std::atomic<std::int64_t> offset_ = 0;
};

struct ClockJumpsLoseNothing final : BusStage {
  void Run() override {
    JumpingRuntime runtime;
    Ledger ledger;
    Recipe recipe;
    recipe.runtime = &runtime;
    recipe.receiver =
        "{concurrency: 4, retry: {attempts: 3, first_delay: 100ms, factor: 1, jitter: 0}}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      if (parcel.number % 50 == 7 && context.attempt() == 1) return absl::UnavailableError("later");
      ledger.Note(parcel, context);
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    std::int64_t number = 0;
    const absl::Time start = Now();
    for (const int hours : {0, 30, -60, 1, 29}) {
      runtime.Jump(absl::Hours(hours));
      std::vector<Parcel> parcels;
      for (int i = 0; i < 100; ++i, ++number) {
        parcels.push_back(MakeParcel(absl::StrCat("key-", number % 10), number));
      }
      PublishParcels(*bus, parcels);
    }
    ExpectTrue(Becomes([&] { return ledger.size() >= static_cast<std::size_t>(number); }))
        << ledger.size() << " of " << number;
    ExpectLt(Now() - start, absl::Seconds(20)) << "somebody waited for the wall clock";
    for (int key = 0; key < 10; ++key) {
      const std::vector<std::int64_t> numbers = ledger.NumbersOf(absl::StrCat("key-", key));
      ExpectTrue(std::is_sorted(numbers.begin(), numbers.end())) << numbers;
    }
    ExpectOk(bus->Close(patience()));
  }
};

// A disk that makes the broker stand still, again and again.
struct ABrokerThatStandsStillNowAndThenLosesNothing final : TrafficStage {
  void Run() override {
    Applies(declared().remote, "it has no disk");
    NeedsFault(faults().freeze && faults().thaw, "freeze, thaw");
    StartTraffic();
    for (int i = 0; i < 5; ++i) {
      RequireTrue(faults().freeze());
      SystemRuntime().SleepUntil(In(absl::Milliseconds(600)));
      RequireTrue(faults().thaw());
      SystemRuntime().SleepUntil(In(absl::Milliseconds(300)));
    }
    StopTraffic();
    JudgeTraffic();
  }
};

struct HealthTellsBothDirections final : TrafficStage {
  void Run() override {
    Applies(declared().remote, "its broker lives and dies with this process");
    NeedsFault(faults().freeze && faults().thaw, "freeze, thaw");
    StartTraffic();
    ExpectTrue(Becomes([&] { return Healthy(); }));
    RequireTrue(faults().freeze());
    const absl::Time start = Now();
    ExpectTrue(Becomes([&] { return Sick(); }, under_test().silence))
        << "of the producer: " << producer().Health().detail
        << "; of the consumer: " << worker().member().consumer().Health().detail;
    Note(absl::StrCat("red after ", absl::FormatDuration(Now() - start)));
    RequireTrue(faults().thaw());
    const absl::Time back = Now();
    ExpectTrue(Becomes([&] { return Healthy(); })) << "health stayed red";
    Note(absl::StrCat("green after ", absl::FormatDuration(Now() - back)));
    StopTraffic();
    JudgeTraffic();
  }
};

struct HealthIsGreenWhileItIsOpenAndNoLonger final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    ExpectTrue(Becomes([&] { return producer().Health().healthy; })) << producer().Health().detail;
    ExpectOk(member->Close());
    ExpectFalse(member->consumer().Health().healthy);
    ExpectFalse(member->consumer().Health().detail.empty());
    ExpectOk(producer().Close(In(patience())));
    ExpectFalse(producer().Health().healthy);
  }
};

}  // namespace

void AddFaults(std::vector<Entry>& checks) {
  checks.push_back(MakeDisruptive<AnOutcomeThatNobodyKnowsIsSaidToBeUnknownInTime>(
      22, "AnOutcomeThatNobodyKnowsIsSaidToBeUnknownInTime"));
  checks.push_back(
      MakeDisruptive<ARestartOfTheBrokerLosesNothing>(39, "ARestartOfTheBrokerLosesNothing"));
  checks.push_back(MakeDisruptive<ASilentPeerIsNoticed>(40, "ASilentPeerIsNoticed"));
  checks.push_back(Make<ADeletedQueueIsFoundAgain>(43, "ADeletedQueueIsFoundAgain"));
  checks.push_back(Make<AChannelErrorEndsAloneAndOthersGetTheirOutcomes>(
      44, "AChannelErrorEndsAloneAndOthersGetTheirOutcomes"));
  checks.push_back(
      MakeDisruptive<BlockedPublishersBlockNobodyElse>(45, "BlockedPublishersBlockNobodyElse"));
  checks.push_back(Make<AFullBrokerBlocksPublishersAlone>(45, "AFullBrokerBlocksPublishersAlone"));
  checks.push_back(Make<ClockJumpsLoseNothing>(47, "ClockJumpsLoseNothing"));
  checks.push_back(MakeDisruptive<ABrokerThatStandsStillNowAndThenLosesNothing>(
      47, "ABrokerThatStandsStillNowAndThenLosesNothing"));
  checks.push_back(MakeDisruptive<HealthTellsBothDirections>(48, "HealthTellsBothDirections"));
  checks.push_back(
      Make<HealthIsGreenWhileItIsOpenAndNoLonger>(48, "HealthIsGreenWhileItIsOpenAndNoLonger"));
}

}  // namespace omnibus::transport_testing
