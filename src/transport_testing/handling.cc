// What the bus makes of the transport: behaviours 5, 11 to 13, 16, 26, 32 and 49.
#include <atomic>
#include <set>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "transport_testing/bus_stage.h"
#include "transport_testing/checks.h"

namespace omnibus::transport_testing {
namespace {

constexpr char kTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct CarriesAnEventAndItsEnvelopeInEitherDialect final : BusStage {
  void Run() override {
    for (const std::string dialect : {"camel", "snake"}) {
      Ledger ledger;
      Recipe recipe;
      recipe.bus = "  envelope: " + dialect;
      recipe.receive = [&](const Parcel& parcel, Context& context) {
        ledger.Note(parcel, context);
        return absl::OkStatus();
      };
      const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
      Parcel parcel = MakeParcel("street \"7\" \xd0\xb4\xd0\xbe\xd0\xbc", 9007199254740993);
      parcel.text = std::string("a\0b\n\t\xf0\x9f\x9a\x80", 9);
      parcel.weight = 0.1;
      PublishOptions options;
      options.id = RandomUuid(1, dialect == "camel" ? 2 : 3);
      options.occurred_at = ToTimestamp(absl::FromUnixNanos(1234567890123456789));
      options.correlation_id = RandomUuid(4, 5);
      options.causation_id = RandomUuid(6, 7);
      options.idempotency_key = RandomUuid(8, dialect == "camel" ? 9 : 10);
      options.traceparent = kTrace;
      options.headers = {{"tenant", "a b"}, {"empty", ""}};
      RequireOk(bus->Publish(parcel, options)) << dialect;
      RequireTrue(Becomes([&] { return ledger.size() > 0; })) << dialect << ": it did not come";
      const Ledger::Entry entry = ledger.entries()[0];
      ExpectTrue(EventTypeOf<Parcel>().equal(&entry.parcel, &parcel)) << dialect << ": the event";
      const Metadata& got = entry.metadata;
      ExpectTrue(got.id == *options.id) << dialect << ": id";
      ExpectEq(got.type, kParcelSent) << dialect;
      ExpectTrue(got.occurred_at == *options.occurred_at) << dialect << ": occurred_at";
      ExpectTrue(got.correlation_id == *options.correlation_id) << dialect << ": correlation_id";
      ExpectTrue(got.causation_id == options.causation_id) << dialect << ": causation_id";
      ExpectTrue(got.idempotency_key == *options.idempotency_key) << dialect << ": idempotency_key";
      ExpectEq(got.traceparent, options.traceparent) << dialect;
      ExpectEq(got.key, parcel.address) << dialect;
      for (const NamedValue& header : options.headers) {
        ExpectTrue(std::find(got.headers.begin(), got.headers.end(), header) != got.headers.end())
            << dialect << ": header " << header.name;
      }
      ExpectOk(bus->Close(patience()));
    }
  }
};

struct KeepsTheOrderOfAKeyWithConcurrentHandlers final : BusStage {
  void Run() override {
    constexpr int kKeys = 20;
    constexpr int kEach = 20;
    Ledger ledger;
    std::array<std::atomic<int>, kKeys> running = {};
    std::atomic<int> together = 0;
    std::atomic<int> most = 0;
    std::atomic<int> overlaps = 0;
    Recipe recipe;
    recipe.receiver = "{concurrency: 8}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      const std::size_t key = static_cast<std::size_t>(parcel.number % kKeys);
      if (++running[key] > 1) ++overlaps;
      const int now = ++together;
      int before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      SystemRuntime().SleepUntil(In(absl::Microseconds(parcel.number * 7919 % 3000)));
      ledger.Note(parcel, context);
      --together;
      --running[key];
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    std::vector<Parcel> parcels;
    for (int i = 0; i < kKeys * kEach; ++i) {
      parcels.push_back(MakeParcel(absl::StrCat("key-", i % kKeys), i));
    }
    PublishParcels(*bus, parcels);
    RequireTrue(Becomes([&] { return ledger.size() >= parcels.size(); })) << ledger.size();
    ExpectEq(overlaps.load(), 0) << "two of a key at a time";
    ExpectGt(most.load(), 1) << "handlers ran at a time";
    for (int key = 0; key < kKeys; ++key) {
      const std::vector<std::int64_t> numbers = ledger.NumbersOf(absl::StrCat("key-", key));
      ExpectEq(numbers.size(), std::size_t{kEach}) << "key-" << key;
      ExpectTrue(std::is_sorted(numbers.begin(), numbers.end())) << "key-" << key << numbers;
    }
    ExpectOk(bus->Close(patience()));
  }
};

struct KeepsTheOrderOfAKeyAcrossARetryWhileOthersFlow final : BusStage {
  void Run() override {
    Ledger done;
    Recipe recipe;
    recipe.receiver =
        "{concurrency: 2, retry: {attempts: 5, first_delay: 1s, factor: 1, jitter: 0}}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      if (parcel.number == 1 && context.attempt() < 3) return absl::UnavailableError("not now");
      done.Note(parcel, context);
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    std::vector<Parcel> parcels;
    for (int i = 1; i <= 4; ++i) parcels.push_back(MakeParcel("held", i));
    for (int i = 100; i < 140; ++i) parcels.push_back(MakeParcel(absl::StrCat("free-", i % 5), i));
    PublishParcels(*bus, parcels);
    RequireTrue(Becomes([&] { return done.size() >= 40; })) << done.size();
    ExpectTrue(done.NumbersOf("held").empty()) << "others waited for the retry";
    RequireTrue(Becomes([&] { return done.size() >= 44; })) << done.size();
    ExpectEq(done.NumbersOf("held"), (std::vector<std::int64_t>{1, 2, 3, 4}));
    for (int key = 0; key < 5; ++key) {
      const std::vector<std::int64_t> numbers = done.NumbersOf(absl::StrCat("free-", key));
      ExpectTrue(std::is_sorted(numbers.begin(), numbers.end())) << numbers;
    }
    ExpectOk(bus->Close(patience()));
  }
};

struct HoldsAKeyBackWhileItsPredecessorIsUnsettled final : BusStage {
  void Run() override {
    Ledger begun;
    std::atomic<bool> go_on = false;
    Recipe recipe;
    recipe.receiver = "{concurrency: 4}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      begun.Note(parcel, context);
      while (parcel.number == 1 && !go_on && !context.cancelled()) {
        SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
      }
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    PublishParcels(*bus, {MakeParcel("held", 1), MakeParcel("held", 2), MakeParcel("held", 3),
                          MakeParcel("free", 10), MakeParcel("free", 11)});
    ExpectTrue(Becomes([&] { return begun.NumbersOf("free").size() == 2; })) << "others waited";
    // For seconds: whatever comes later than at once would show.
    ExpectFalse(Becomes([&] { return begun.NumbersOf("held").size() > 1; }, absl::Seconds(3)));
    go_on = true;
    ExpectTrue(Becomes([&] { return begun.NumbersOf("held").size() == 3; }));
    ExpectEq(begun.NumbersOf("held"), (std::vector<std::int64_t>{1, 2, 3}));
    ExpectOk(bus->Close(patience()));
  }
};

struct CountsTheAttempts final : BusStage {
  void Run() override {
    Ledger ledger;
    Recipe recipe;
    recipe.receiver = "{retry: {attempts: 6, first_delay: 50ms, factor: 1, jitter: 0}}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      return context.attempt() < 4 ? absl::UnavailableError("again") : absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    PublishParcels(*bus, {MakeParcel("a", 1)});
    ExpectTrue(Becomes([&] { return ledger.size() >= 4; })) << ledger.size();
    std::vector<int> attempts;
    for (const Ledger::Entry& entry : ledger.entries()) attempts.push_back(entry.attempt);
    ExpectEq(attempts, (std::vector<int>{1, 2, 3, 4}));
    ExpectOk(bus->Close(patience()));
  }
};

// Ten messages are all that the queue holds, and nobody pauses between two publishes.
struct AFullQueueMakesThePublisherWait final : BusStage {
  void Run() override {
    constexpr int kCount = 1000;
    Ledger ledger;
    Recipe recipe;
    recipe.queue = 10;
    recipe.receiver = "{concurrency: 4}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    std::vector<Parcel> parcels;
    for (int i = 0; i < kCount; ++i) parcels.push_back(MakeParcel(absl::StrCat(i % 7), i));
    PublishParcels(*bus, parcels);
    ExpectTrue(Becomes([&] { return ledger.size() >= kCount; })) << ledger.size();
    ExpectOk(bus->Close(patience()));
    for (const auto& [number, times] : ledger.Times()) ExpectEq(times, 1) << number;
  }
};

struct NoHandlerStopsTheConsumer final : BusStage {
  void Run() override {
    Ledger ledger;
    std::atomic<bool> go_on = false;
    Recipe recipe;
    recipe.receiver =
        "{concurrency: 4, retry: {attempts: 2, first_delay: 20ms, factor: 1, jitter: 0}}";
    recipe.receive = [&](const Parcel& parcel, Context& context) -> absl::Status {
      ledger.Note(parcel, context);
      if (parcel.address == "throws") throw std::runtime_error("a splinter");
      if (parcel.address == "throws what is no exception") throw 7;
      while (parcel.address == "takes for ever" && !go_on) {
        SystemRuntime().SleepUntil(In(absl::Milliseconds(5)));
      }
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    PublishParcels(*bus, {MakeParcel("throws", 1), MakeParcel("throws what is no exception", 2),
                          MakeParcel("takes for ever", 3)});
    std::vector<Parcel> others;
    for (int i = 10; i < 60; ++i) others.push_back(MakeParcel(absl::StrCat("fine-", i % 5), i));
    PublishParcels(*bus, others);
    ExpectTrue(Becomes([&] {
      for (int i = 10; i < 60; ++i) {
        if (!ledger.Has(i)) return false;
      }
      return true;
    })) << "others did not get through";
    ExpectTrue(Becomes([&] { return ledger.Times()[1] == 2 && ledger.Times()[2] == 2; }))
        << "what throws is tried again";
    ExpectTrue(bus->GetHealth().healthy);
    ExpectEq(ledger.Times()[3], 1);
    go_on = true;
    ExpectOk(bus->Close(patience()));
    std::set<std::string> dead;
    for (const Received& each : DeadParcels(2, absl::Milliseconds(200))) {
      dead.insert(each.headers.at("dead_reason"));
    }
    ExpectEq(dead, (std::set<std::string>{"INTERNAL"}));
  }
};

struct TheChainCrossesTheWireARetryAndADeadLetter final : BusStage {
  void Run() override {
    absl::Mutex mu;
    std::vector<Metadata> receipts;
    Ledger ledger;
    Recipe recipe;
    recipe.receiver = "{retry: {attempts: 3, first_delay: 20ms, jitter: 0}}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      if (parcel.number == 2) return absl::InvalidArgumentError("no such street");
      if (context.attempt() == 1) return absl::UnavailableError("not now");
      return context.Publish(Receipt{parcel.address, parcel.number});
    };
    recipe.watch = [&](const Receipt&, Context& context) {
      absl::MutexLock lock(&mu);
      receipts.push_back(context.metadata());
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    PublishOptions options;
    options.correlation_id = RandomUuid(11, 12);
    options.traceparent = kTrace;
    RequireOk(bus->Publish(MakeParcel("a", 1), options));
    RequireOk(bus->Publish(MakeParcel("b", 2), options));
    RequireTrue(Becomes([&] {
      absl::MutexLock lock(&mu);
      return !receipts.empty() && ledger.Has(2);
    }));
    ExpectOk(bus->Close(patience()));
    const std::vector<Ledger::Entry> seen = ledger.entries();
    for (const Ledger::Entry& entry : seen) {
      ExpectEq(entry.metadata.traceparent, kTrace) << "attempt " << entry.attempt;
      ExpectTrue(entry.metadata.correlation_id == *options.correlation_id) << "correlation";
    }
    {
      absl::MutexLock lock(&mu);
      ExpectEq(receipts[0].traceparent, kTrace) << "of what the handler published";
      ExpectTrue(receipts[0].correlation_id == *options.correlation_id) << "of the effect";
      for (const Ledger::Entry& entry : seen) {
        if (entry.number != 1) continue;
        ExpectTrue(receipts[0].causation_id == entry.metadata.id) << "its cause";
      }
    }
    // The dead letter has all that its original has: headers and, where there are such, properties.
    const std::vector<Received> dead = DeadParcels(1, absl::Milliseconds(200));
    RequireEq(dead.size(), 1u);
    for (const Tape::Event& event : tape().events()) {
      if (event.kind != Tape::Event::Kind::kSent || event.channel != kParcels) continue;
      if (event.body != dead[0].body) continue;
      for (const auto& [name, value] : event.headers) {
        const auto found = dead[0].headers.find(name);
        RequireTrue(found != dead[0].headers.end()) << "the dead letter lacks " << name;
        ExpectEq(found->second, value) << name;
      }
      return;
    }
    Fail() << "the dead letter's body is not its original's";
  }
};

}  // namespace

void AddHandling(std::vector<Entry>& checks) {
  checks.push_back(Make<CarriesAnEventAndItsEnvelopeInEitherDialect>(
      5, "CarriesAnEventAndItsEnvelopeInEitherDialect"));
  checks.push_back(Make<KeepsTheOrderOfAKeyWithConcurrentHandlers>(
      11, "KeepsTheOrderOfAKeyWithConcurrentHandlers"));
  checks.push_back(Make<KeepsTheOrderOfAKeyAcrossARetryWhileOthersFlow>(
      12, "KeepsTheOrderOfAKeyAcrossARetryWhileOthersFlow"));
  checks.push_back(Make<HoldsAKeyBackWhileItsPredecessorIsUnsettled>(
      13, "HoldsAKeyBackWhileItsPredecessorIsUnsettled"));
  checks.push_back(Make<CountsTheAttempts>(16, "CountsTheAttempts"));
  checks.push_back(Make<AFullQueueMakesThePublisherWait>(26, "AFullQueueMakesThePublisherWait"));
  checks.push_back(Make<NoHandlerStopsTheConsumer>(32, "NoHandlerStopsTheConsumer"));
  checks.push_back(Make<TheChainCrossesTheWireARetryAndADeadLetter>(
      49, "TheChainCrossesTheWireARetryAndADeadLetter"));
}

}  // namespace omnibus::transport_testing
