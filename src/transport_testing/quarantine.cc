// What becomes of what cannot be handled: behaviours 28 and 30.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "transport_testing/bus_stage.h"
#include "transport_testing/checks.h"

namespace omnibus::transport_testing {
namespace {

using Kind = Tape::Event::Kind;

struct WhatCannotBeDecodedIsQuarantinedAndTheRestFlows final : BusStage {
  void Run() override {
    Ledger ledger;
    Recipe recipe;
    recipe.receiver = "{concurrency: 2}";
    recipe.receive = [&](const Parcel& parcel, Context& context) {
      ledger.Note(parcel, context);
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    const std::vector<std::string> bad = {
        "garbage",
        "",
        std::string("\0\xff\xfe", 3),
        "{\"eventId\":",
        "[1,2,3]",
        std::string(200'000, '{'),
        "{\"event_id\":\"no uuid\",\"occurred_at\":\"never\",\"payload\":7}",
    };
    const std::unique_ptr<Transport> transport = Beside();
    absl::StatusOr<std::unique_ptr<Producer>> producer = transport->OpenProducer();
    RequireOk(producer.status());
    // Bad and good ones take turns, under the same key.
    std::vector<Parcel> good;
    for (std::size_t i = 0; i < bad.size(); ++i) {
      good.push_back(MakeParcel("a", static_cast<std::int64_t>(i)));
      OutgoingMessage message;
      message.channel = kParcels;
      message.type = kParcelSent;
      message.key = "a";
      message.body = bad[i];
      // Where the broker has no place for the type, and the body is none, the header tells it.
      const std::vector<HeaderView> headers = {{"event_type", kParcelSent}, {"tenant", "t-1"}};
      message.headers = headers;
      RequireOk((*producer)->Send(message, In(patience()), [](absl::Status) {}));
      RequireOk((*producer)->Flush(In(patience())));
      PublishParcels(*bus, {good.back()});
    }
    ExpectTrue(Becomes([&] { return ledger.size() >= good.size(); }))
        << "just " << ledger.size() << " of the good ones came";
    const std::vector<std::int64_t> numbers = ledger.NumbersOf("a");
    ExpectTrue(std::is_sorted(numbers.begin(), numbers.end())) << numbers;
    ExpectOk((*producer)->Close(In(patience())));

    const std::vector<Received> dead = DeadParcels(bad.size(), absl::Milliseconds(300));
    std::vector<std::string> bodies;
    for (const Received& each : dead) {
      bodies.push_back(each.body);
      ExpectEq(Header(each, "dead_reason"), "undecodable") << each.body.substr(0, 40);
      ExpectEq(Header(each, "dead_module"), "receiver");
      ExpectFalse(Header(each, "dead_detail").empty()) << "why " << each.body.substr(0, 40);
      ExpectFalse(Header(each, "dead_channel").empty()) << "where from";
      ExpectEq(Header(each, "tenant"), "t-1");
    }
    ExpectTrue(bodies == bad) << "the bytes, in order: " << bodies.size() << " of " << bad.size();
    ExpectOk(bus->Close(patience()));
  }

  static std::string Header(const Received& message, const std::string& name) {
    const auto found = message.headers.find(name);
    return found == message.headers.end() ? std::string() : found->second;
  }
};

// Of what each of these fails for, the dead letter is there once, with all that it has to have.
struct ADeadLetterIsThereOnceAndBeforeItsOriginalIsSettled final : BusStage {
  void Run() override {
    Ledger ledger;
    Recipe recipe;
    recipe.receiver =
        "{concurrency: 2, retry: {attempts: 3, first_delay: 20ms, factor: 1, jitter: 0}}";
    recipe.receive = [&](const Parcel& parcel, Context& context) -> absl::Status {
      ledger.Note(parcel, context);
      if (parcel.number == 1) return absl::NotFoundError("no such street");
      if (parcel.number == 2) return absl::UnavailableError("the road is closed");
      return absl::OkStatus();
    };
    const std::unique_ptr<Bus> bus = OpenBus(std::move(recipe));
    // For a while the dead letters take nothing.
    tape().refuse_queues = true;
    PublishOptions options;
    options.headers = {{"tenant", "t-1"}};
    for (int i = 1; i <= 3; ++i) {
      RequireOk(bus->Publish(MakeParcel(absl::StrCat("street-", i), i), options));
    }
    RequireTrue(Becomes([&] { return ledger.size() >= 5 && ledger.Has(3); }));
    ExpectFalse(Becomes([&] { return Settled(1) || Settled(2); }, absl::Seconds(1)))
        << "settled, though its dead letter is nowhere";
    tape().refuse_queues = false;
    RequireTrue(Becomes([&] { return Settled(1) && Settled(2); })) << "not settled in the end";
    ExpectOk(bus->Close(patience()));

    // The order on the wire: first the dead letter's confirm, then the original's settling.
    for (int number : {1, 2}) {
      const std::string body = BodyOf(number);
      bool confirmed = false;
      for (const Tape::Event& event : tape().events()) {
        if (event.body != body) continue;
        if (event.kind == Kind::kOutcome && event.channel == kDeadParcels) {
          confirmed = confirmed || event.outcome.ok();
        }
        if (event.kind == Kind::kSettled && event.channel == kParcels) {
          ExpectTrue(confirmed) << number << " was settled before its dead letter was confirmed";
        }
      }
    }

    const std::vector<Received> dead = DeadParcels(2, absl::Seconds(1));
    ExpectEq(dead.size(), 2u) << "dead letters of two messages";
    for (const Received& each : dead) {
      const bool first = each.body == BodyOf(1);
      ExpectTrue(first || each.body == BodyOf(2)) << "the original's bytes";
      const std::map<std::string, std::string>& headers = each.headers;
      for (const char* name : {"dead_channel", "dead_module", "dead_reason", "dead_detail",
                               "dead_attempts", "dead_first_failed_at", "dead_last_failed_at"}) {
        RequireTrue(headers.contains(name)) << "it lacks " << name;
      }
      ExpectEq(headers.at("dead_channel"), kParcels);
      ExpectEq(headers.at("dead_module"), "receiver");
      ExpectEq(headers.at("dead_reason"), first ? "NOT_FOUND" : "UNAVAILABLE");
      ExpectEq(headers.at("dead_detail"), first ? "no such street" : "the road is closed");
      ExpectEq(headers.at("dead_attempts"), first ? "1" : "3");
      ExpectTrue(headers.contains("tenant")) << "the original's own header";
      ExpectEq(each.key, first ? "street-1" : "street-2");
    }
  }

  std::string BodyOf(int number) {
    const std::string text = absl::StrCat("\"parcel ", number, "\"");
    for (const Tape::Event& event : tape().events()) {
      if (event.kind == Kind::kSent && event.channel == kParcels &&
          event.body.find(text) != event.body.npos) {
        return event.body;
      }
    }
    return "(never published)";
  }

  bool Settled(int number) {
    const std::string body = BodyOf(number);
    for (const Tape::Event& event : tape().events()) {
      if (event.kind == Kind::kSettled && event.channel == kParcels && event.body == body) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace

void AddQuarantine(std::vector<Entry>& checks) {
  checks.push_back(Make<WhatCannotBeDecodedIsQuarantinedAndTheRestFlows>(
      28, "WhatCannotBeDecodedIsQuarantinedAndTheRestFlows"));
  checks.push_back(Make<ADeadLetterIsThereOnceAndBeforeItsOriginalIsSettled>(
      30, "ADeadLetterIsThereOnceAndBeforeItsOriginalIsSettled"));
}

}  // namespace omnibus::transport_testing
