// What comes back after a while: behaviours 29 and 31.
#include "absl/strings/str_cat.h"
#include "omnibus/queue_tools.h"
#include "transport_testing/bus_stage.h"
#include "transport_testing/checks.h"

namespace omnibus::transport_testing {
namespace {

// The second attempt is one process's, and the third the next one's.
struct RetriesKeepTheirScheduleAndTheirCountAcrossARestart final : BusStage {
  static constexpr absl::Duration kDelay = absl::Milliseconds(1500);

  void Run() override {
    NeedsDeclared(declared().side_queues, "side_queues");
    Ledger ledger;
    std::unique_ptr<Bus> bus = Open(ledger);
    PublishParcels(*bus, {MakeParcel("slow", 1)});
    RequireTrue(Becomes([&] { return ledger.size() == 1; }));
    // Others do not wait for it.
    std::vector<Parcel> others;
    for (int i = 0; i < 20; ++i) others.push_back(MakeParcel(absl::StrCat("other-", i), 100 + i));
    PublishParcels(*bus, others);
    RequireTrue(Becomes([&] { return AttemptsAt(ledger).size() == 2 && ledger.size() == 22; }));
    ExpectOk(bus->Close(patience()));

    bus = Open(ledger);
    ExpectTrue(Becomes([&] { return AttemptsAt(ledger).size() == 3; })) << "it did not come back";
    ExpectOk(bus->Close(patience()));
    const std::vector<Ledger::Entry> attempts = AttemptsAt(ledger);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      ExpectEq(attempts[i].attempt, static_cast<int>(i) + 1) << "it counts on";
      if (i > 0) ExpectGe(attempts[i].at - attempts[i - 1].at, kDelay) << "not before it is due";
    }
    for (const auto& [number, times] : ledger.Times()) {
      ExpectEq(times, number == 1 ? 3 : 1) << "parcel " << number;
    }
    // The copies in the retry queue are publishes, too.
    TakeReport();
  }

  std::unique_ptr<Bus> Open(Ledger& ledger) {
    Recipe recipe;
    recipe.receiver = absl::StrCat("{retry: {attempts: 4, factor: 1, jitter: 0, in_place: 100ms, ",
                                   "first_delay: ", absl::FormatDuration(kDelay), "}}");
    recipe.receive = [&ledger](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      return parcel.number == 1 && context.attempt() < 3
                 ? absl::UnavailableError("the road is closed")
                 : absl::OkStatus();
    };
    return OpenBus(std::move(recipe));
  }

  static std::vector<Ledger::Entry> AttemptsAt(const Ledger& ledger) {
    std::vector<Ledger::Entry> attempts;
    for (Ledger::Entry& entry : ledger.entries()) {
      if (entry.number == 1) attempts.push_back(std::move(entry));
    }
    return attempts;
  }
};

struct AReplayIsTheSameEventAndOneMoreChangesNothing final : BusStage {
  void Run() override {
    const bool has_tools = dynamic_cast<QueueGauge*>(&transport()) != nullptr;
    Applies(has_tools, "it has no tools that look through queues (omnibus/queue_tools.h)");
    Ledger ledger;
    std::atomic<bool> known = false;
    Recipe recipe;
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      return known ? absl::OkStatus() : absl::NotFoundError("no such street");
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    PublishParcels(*bus, {MakeParcel("street", 1)});
    const std::unique_ptr<DeadLetters> letters = OpenDeadLetters();
    RequireTrue(Becomes([&] { return Count(*letters) == 1; })) << "no dead letter";
    known = true;

    absl::StatusOr<RemovalTally> tally = letters->Replay({});
    RequireOk(tally.status());
    ExpectEq(tally->done, 1);
    RequireTrue(Becomes([&] { return ledger.size() == 2; })) << "it was not handled again";
    const std::vector<Ledger::Entry> entries = ledger.entries();
    ExpectTrue(entries[1].metadata.id == entries[0].metadata.id) << "the same event";
    ExpectTrue(entries[1].metadata.idempotency_key == entries[0].metadata.idempotency_key);
    ExpectEq(entries[1].metadata.key, "street");

    ExpectEq(Count(*letters), 0);
    tally = letters->Replay({});
    RequireOk(tally.status());
    ExpectEq(tally->done, 0) << "it is gone";
    // As when the first replay was interrupted after its confirm: the dead letter is still there,
    // and is replayed once more.
    SendReplayAgain();
    PublishParcels(*bus, {MakeParcel("street", 2)});
    RequireTrue(Becomes([&] { return ledger.Has(2); }));
    ExpectOk(bus->Close(patience()));
    ExpectEq(ledger.Times()[1], 2) << "the inbox knows it";
    TakeReport();
  }

  static std::int64_t Count(DeadLetters& letters) {
    std::int64_t count = 0;
    letters.Browse({}, [&](const BuriedMessage&) { return ++count, true; }).IgnoreError();
    return count;
  }

  void SendReplayAgain() {
    for (const Tape::Event& event : tape().events()) {
      if (event.kind != Tape::Event::Kind::kSent || !IsReplay(event)) continue;
      std::vector<HeaderView> headers;
      for (const auto& [name, value] : event.headers) headers.push_back({name, value});
      OutgoingMessage message;
      message.destination = Destination::kQueue;
      message.channel = event.channel;
      message.type = kParcelSent;
      message.key = "street";
      message.body = event.body;
      message.headers = headers;
      const std::unique_ptr<Transport> beside = Beside();
      const absl::StatusOr<std::unique_ptr<Producer>> producer = beside->OpenProducer();
      RequireOk(producer.status());
      RequireOk((*producer)->Send(message, In(patience()), [](absl::Status) {}));
      RequireOk((*producer)->Flush(In(patience())));
      ExpectOk((*producer)->Close(In(patience())));
      return;
    }
    RequireTrue(false) << "no replay was sent";
  }

  static bool IsReplay(const Tape::Event& event) {
    for (const auto& [name, value] : event.headers) {
      if (name == "dead_replayed") return true;
    }
    return false;
  }
};

}  // namespace

void AddComingBack(std::vector<Entry>& checks) {
  checks.push_back(Make<RetriesKeepTheirScheduleAndTheirCountAcrossARestart>(
      29, "RetriesKeepTheirScheduleAndTheirCountAcrossARestart"));
  checks.push_back(Make<AReplayIsTheSameEventAndOneMoreChangesNothing>(
      31, "AReplayIsTheSameEventAndOneMoreChangesNothing"));
}

}  // namespace omnibus::transport_testing
