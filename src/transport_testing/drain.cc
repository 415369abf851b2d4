// How the bus ends on the transport: behaviours 33 to 36.
#include <atomic>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "transport_testing/bus_stage.h"
#include "transport_testing/checks.h"

namespace omnibus::transport_testing {
namespace {

using Kind = Tape::Event::Kind;

struct ADrainLosesAndRepeatsNothing final : BusStage {
  void Run() override {
    constexpr std::size_t kCount = 300;
    Ledger first;
    Ledger second;
    const auto into = [](Ledger& ledger) {
      return [&ledger](const Parcel& parcel, Context& context) -> absl::Status {
        SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
        ledger.Note(parcel, context);
        return context.Publish(Receipt{parcel.address, parcel.number});
      };
    };
    const std::unique_ptr<Bus> publisher = OpenPublisher();
    Recipe recipe;
    recipe.receiver = "{concurrency: 4}";
    recipe.receive = into(first);
    std::unique_ptr<Bus> bus = OpenBus(recipe);
    std::vector<Parcel> parcels;
    for (std::size_t i = 0; i < kCount; ++i) {
      parcels.push_back(MakeParcel(absl::StrCat(i % 30), static_cast<std::int64_t>(i)));
    }
    PublishParcels(*publisher, parcels);
    RequireTrue(Becomes([&] { return first.size() >= 20; }));
    ExpectOk(bus->Close(patience())) << "in the middle of it";
    const std::size_t done = first.size();
    ExpectLt(done, kCount) << "it was over before the drain";

    recipe.receive = into(second);
    bus = OpenBus(recipe);
    ExpectTrue(Becomes([&] { return second.size() + done >= kCount; }));
    ExpectOk(bus->Close(patience()));
    ExpectOk(publisher->Close(patience()));
    ExpectEq(first.size(), done) << "a handler ran after the close";
    std::map<std::int64_t, int> times = first.Times();
    for (const auto& [number, count] : second.Times()) times[number] += count;
    ExpectEq(times.size(), kCount) << "lost";
    // What was received and not begun was given back: delivered twice, handled once.
    for (const auto& [number, count] : times) ExpectEq(count, 1) << "handled, of parcel " << number;
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.reordered.empty() && report.phantoms.empty() &&
               report.settled_without_right.empty() && report.repeated_after_settle.empty())
        << report;
  }
};

struct ADrainOutOfBudgetLeavesJustTheUnfinished final : BusStage {
  void Run() override {
    Ledger first;
    Ledger second;
    Recipe recipe;
    recipe.receiver = "{concurrency: 4}";
    recipe.receive = [&](const Parcel& parcel, Context& context) -> absl::Status {
      first.Note(parcel, context);
      if (parcel.address != "stuck") return absl::OkStatus();
      while (!context.cancelled()) SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
      return absl::CancelledError("the bus stops");
    };
    const std::unique_ptr<Bus> publisher = OpenPublisher();
    std::unique_ptr<Bus> bus = OpenBus(recipe);
    std::vector<Parcel> parcels = {MakeParcel("stuck", 0), MakeParcel("stuck", 1)};
    for (int i = 10; i < 60; ++i) parcels.push_back(MakeParcel(absl::StrCat("free-", i % 10), i));
    PublishParcels(*publisher, parcels);
    RequireTrue(Becomes([&] { return first.size() >= 51; })) << first.size();
    const absl::Time start = Now();
    (void)bus->Close(absl::Seconds(1));  // says how much it left
    ExpectLt(Now() - start, absl::Seconds(10));

    recipe.receive = [&](const Parcel& parcel, Context& context) {
      second.Note(parcel, context);
      return absl::OkStatus();
    };
    bus = OpenBus(recipe);
    ExpectTrue(Becomes([&] { return second.NumbersOf("stuck").size() >= 2; }));
    (void)Becomes([] { return false; }, absl::Seconds(1));  // what else there is comes soon
    ExpectOk(bus->Close(patience()));
    ExpectOk(publisher->Close(patience()));
    ExpectEq(second.NumbersOf("stuck"), (std::vector<std::int64_t>{0, 1}));

    // Nothing else comes again, but what lies behind an unfinished one where one position stands
    // for a whole source.
    std::map<std::string, std::int64_t> place_of;  // by body
    std::map<std::int64_t, std::int64_t> stuck_at;
    for (const Tape::Event& event : tape().events()) {
      if (event.kind != Kind::kDelivered || event.channel != kParcels) continue;
      place_of[event.body] = event.partition;
      if (event.body.find("\"stuck\"") == event.body.npos) continue;
      const auto [at, fresh] = stuck_at.try_emplace(event.partition, event.offset);
      if (!fresh) at->second = std::min(at->second, event.offset);
    }
    std::map<std::string, int> settled;
    for (const Tape::Event& event : tape().events()) {
      if (event.kind != Kind::kDelivered || event.channel != kParcels) continue;
      if (event.body.find("\"stuck\"") != event.body.npos) continue;
      if (++settled[event.body] == 1) continue;
      const auto stuck = stuck_at.find(event.partition);
      const bool behind = !declared().remembers_settled_out_of_order && stuck != stuck_at.end() &&
                          event.offset > stuck->second;
      ExpectTrue(behind) << "delivered again though it was finished: " << event.body;
    }
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.reordered.empty() &&
               report.settled_without_right.empty())
        << report;
  }
};

struct TheBusClosesInAnyWay final : BusStage {
  void Run() override {
    Ledger ledger;
    std::atomic<Bus*> running = nullptr;
    std::atomic<bool> refused = false;
    Recipe recipe;
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      if (Bus* bus = running.load(); bus != nullptr && parcel.number == 1) {
        refused = absl::IsFailedPrecondition(bus->Close(absl::Seconds(1)));
      }
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    running = bus.get();
    RequireOk(bus->Publish(MakeParcel("a", 1)));
    ExpectTrue(Becomes([&] { return ledger.Has(1); }));
    ExpectTrue(Becomes([&] { return refused.load(); })) << "a handler could close the bus";

    std::atomic<bool> stop = false;
    std::atomic<int> confirmed = 0;
    std::vector<std::unique_ptr<Thread>> threads;
    for (int t = 0; t < 4; ++t) {
      threads.push_back(Spawn("publisher", [&, t] {
        for (int i = 0; !stop; ++i) {
          const absl::Status status = bus->Publish(MakeParcel(absl::StrCat(t), 1000 * t + i + 10));
          if (absl::IsFailedPrecondition(status)) return;
          if (status.ok()) ++confirmed;
        }
      }));
    }
    ExpectTrue(Becomes([&] { return confirmed > 20; }));
    std::vector<std::unique_ptr<Thread>> closers;
    for (int i = 0; i < 10; ++i) {
      closers.push_back(Spawn("closer", [&] { ExpectOk(bus->Close(patience())); }));
    }
    for (auto& closer : closers) closer->Join();
    stop = true;
    for (auto& thread : threads) thread->Join();
    ExpectOk(bus->Close(patience())) << "once more";
    ExpectEq(bus->Publish(MakeParcel("a", 2)).code(), absl::StatusCode::kFailedPrecondition);

    // What was confirmed and not handled is there for the next one.
    Recipe next;
    next.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> successor = OpenBus(std::move(next));
    ExpectTrue(Becomes([&] { return history_.Check().lost.empty(); }));
    ExpectOk(successor->Close(patience()));
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.reordered.empty() &&
               report.repeated_after_settle.empty())
        << report;
  }
};

}  // namespace

void AddDrain(std::vector<Entry>& checks) {
  checks.push_back(Make<ADrainLosesAndRepeatsNothing>(33, "ADrainLosesAndRepeatsNothing"));
  checks.push_back(Make<ADrainOutOfBudgetLeavesJustTheUnfinished>(
      34, "ADrainOutOfBudgetLeavesJustTheUnfinished"));
  checks.push_back(Make<TheBusClosesInAnyWay>(35, "TheBusClosesInAnyWay"));
}

}  // namespace omnibus::transport_testing
