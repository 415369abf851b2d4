// Members that come, go, die and stall: behaviours 41, 42 and 46.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "transport_testing/bus_stage.h"
#include "transport_testing/checks.h"

namespace omnibus::transport_testing {
namespace {

using Workers = std::vector<std::unique_ptr<Worker>>;
using Kind = Tape::Event::Kind;

// Bytes that this process has in memory.
std::size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct WhatADeadMemberHeldGoesToAnother final : Stage {
  void Run() override {
    constexpr std::size_t kCount = 60;
    const std::string channel = Declare("orders", {"billing"}, 4);
    PublishMany(channel, kCount, 20);
    auto dead = Join(channel, "billing");
    const std::vector<Received> held = dead->Receive(kCount / 2, Settling::kNot);
    RequireEq(held.size(), kCount / 2);
    for (std::size_t i = 0; i < 5; ++i) ExpectTrue(dead->Settle(held[i]));
    const std::size_t handed_out = history_.deliveries("billing");
    dead.reset();  // as a crash: no close
    const absl::Time start = Now();
    Workers workers;
    workers.push_back(std::make_unique<Worker>(Join(channel, "billing")));
    ExpectTrue(Becomes([&] { return history_.Check().lost.empty(); }));
    ExpectTrue(Becomes([&] { return workers[0]->received() + 5 >= kCount; })) << "it is not all";
    Note(absl::StrCat("taken over in ", absl::FormatDuration(Now() - start)));
    ExpectLt(Now() - start, under_test().silence + absl::Seconds(5)) << "to take it over";
    workers.clear();
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.phantoms.empty() &&
               report.settled_without_right.empty())
        << report;
    ExpectLe(report.duplicated.size(), handed_out) << "duplicates of what it did not hold";
  }
};

// A handler takes longer than a peer may be silent: nobody asks the consumer for events meanwhile.
struct AStalledMemberKeepsItsPlace final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"}, 4);
    auto member = Join(channel, "billing");
    PublishMany(channel, 10);
    const std::vector<Received> held = member->Receive(10, Settling::kNot);
    RequireEq(held.size(), 10u);
    const absl::Duration stall = std::min(under_test().silence, absl::Seconds(12));
    SystemRuntime().SleepUntil(In(stall));
    for (const Received& each : held) ExpectTrue(member->Settle(each)) << "it lost its right";
    PublishMany(channel, 10);
    ExpectEq(member->Receive(10, Settling::kAtOnce).size(), 10u);
    ExpectEq(member->losses(), 0u);
    ExpectEq(member->revocations(), 0u);
    ExpectOk(member->Close());
    auto successor = Join(channel, "billing");
    ExpectTrue(successor->ReceiveFor(absl::Milliseconds(500), Settling::kAtOnce).empty());
  }
};

struct AStormOfMembersEndsInBalance final : Stage {
  void Run() override {
    constexpr int kEvents = 50;
    constexpr std::size_t kPartitions = 6;
    const std::size_t most = static_cast<std::size_t>(std::min(under_test().crowd, 5));
    const std::string channel = Declare("orders", {"billing"}, kPartitions);
    std::mt19937 random(42);  // NOLINT: the same storm each time
    Workers workers;
    workers.push_back(std::make_unique<Worker>(Join(channel, "billing")));
    std::atomic<bool> stop = false;
    std::atomic<int> published = 0;
    const auto publisher = Spawn("publisher", [&] {
      while (!stop) {
        SendPatiently(channel, {.key = absl::StrCat("key-", published++ % 40)});
        SystemRuntime().SleepUntil(In(absl::Milliseconds(3)));
      }
    });
    for (int i = 0; i < kEvents; ++i) {
      const bool leave = workers.size() >= most || (workers.size() > 1 && random() % 2 == 0);
      if (leave) {
        const std::size_t who = random() % workers.size();
        if (random() % 2 == 0) {
          workers[who]->Stop();  // and leaves by a close that nobody waits for
          workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(who));
        } else {
          workers[who]->Leave(patience());
          workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(who));
        }
      } else {
        workers.push_back(std::make_unique<Worker>(Open(OptionsOf(channel, "billing"))));
      }
      SystemRuntime().SleepUntil(In(absl::Milliseconds(random() % 100)));
    }
    stop = true;
    publisher->Join();
    Flush();
    if (declared().moves_sources) {
      // Every partition has an owner, and none has two.
      const auto owned = [&] {
        std::size_t sum = 0;
        for (const auto& worker : workers) sum += worker->assigned();
        return sum;
      };
      ExpectTrue(Becomes([&] { return owned() == kPartitions; })) << owned() << " are owned";
      ExpectFalse(Becomes([&] { return owned() != kPartitions; }, absl::Milliseconds(500)))
          << "the balance did not last";
    }
    ExpectTrue(Becomes([&] { return history_.Check().lost.empty(); }));
    workers.clear();
    const Report report = TakeReport();
    Note(absl::StrCat(published.load(), " published, ", report.duplicated.size(), " duplicates"));
    ExpectTrue(report.lost.empty() && report.phantoms.empty() &&
               report.settled_without_right.empty())
        << report;
    if (declared().ordered_by_key) ExpectTrue(report.reordered.empty()) << report;
  }
};

struct OverloadCausesNoChurn final : BusStage {
  void Run() override {
    constexpr std::size_t kGrowth = 96u << 20;
    Ledger ledger;
    Recipe recipe;
    recipe.receiver = "{concurrency: 2, in_flight: 64}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      SystemRuntime().SleepUntil(In(absl::Milliseconds(20)));
      ledger.Note(parcel, context);
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> publisher = OpenPublisher();
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    // A hundred handled in a second, and ten times as many that come.
    std::atomic<bool> stop = false;
    std::atomic<int> published = 0;
    const auto flood = Spawn("flood", [&] {
      while (!stop) {
        std::vector<Parcel> parcels;
        for (int i = 0; i < 100; ++i) {
          const int number = published++;
          parcels.push_back(MakeParcel(absl::StrCat("key-", number % 50), number));
        }
        PublishParcels(*publisher, parcels);
        SystemRuntime().SleepUntil(In(absl::Milliseconds(100)));
      }
    });
    ExpectTrue(Becomes([&] { return ledger.size() > 50; }));
    const std::size_t resident = ResidentBytes();
    const absl::Time end = In(settings().overload);
    bool healthy = true;
    while (Now() < end) {
      healthy = healthy && bus->GetHealth().healthy;
      SystemRuntime().SleepUntil(In(absl::Milliseconds(100)));
    }
    stop = true;
    flood->Join();
    ExpectTrue(healthy) << "health was red";
    const std::size_t grown = std::max(ResidentBytes(), resident) - resident;
    Note(absl::StrCat(published.load(), " published, ", ledger.size(), " handled, ", grown >> 20,
                      " MiB more memory"));
    ExpectLt(grown, kGrowth) << "bytes more in memory";
    ExpectEq(tape().Count(Kind::kRevoked), 0u) << "revocations";
    ExpectEq(tape().Count(Kind::kLost), 0u) << "losses";
    const Report report = TakeReport();  // what is not handled yet is no loss
    ExpectTrue(report.duplicated.empty() && report.reordered.empty()) << report;
    (void)bus->Close(absl::Seconds(5));
    (void)publisher->Close(absl::Seconds(5));
  }
};

}  // namespace

void AddMembership(std::vector<Entry>& checks) {
  checks.push_back(Make<WhatADeadMemberHeldGoesToAnother>(41, "WhatADeadMemberHeldGoesToAnother"));
  checks.push_back(Make<AStalledMemberKeepsItsPlace>(41, "AStalledMemberKeepsItsPlace"));
  checks.push_back(Make<AStormOfMembersEndsInBalance>(42, "AStormOfMembersEndsInBalance"));
  checks.push_back(Make<OverloadCausesNoChurn>(46, "OverloadCausesNoChurn"));
}

}  // namespace omnibus::transport_testing
