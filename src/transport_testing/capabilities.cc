// What is declared is there, and what is not is absent: behaviours 4, 8, 18 to 20 and 50.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

using Words = std::vector<std::string>;

Words Split(std::string_view text) { return absl::StrSplit(std::string(text), '.'); }

// As documented: `*` is one word, `#` any number of them.
bool Matches(const Words& pattern, std::size_t p, const Words& type, std::size_t t) {
  if (p == pattern.size()) return t == type.size();
  if (pattern[p] == "#") {
    for (std::size_t rest = t; rest <= type.size(); ++rest) {
      if (Matches(pattern, p + 1, type, rest)) return true;
    }
    return false;
  }
  if (t == type.size()) return false;
  return (pattern[p] == "*" || pattern[p] == type[t]) && Matches(pattern, p + 1, type, t + 1);
}

struct RefusesAHeaderThatIsThereTwice final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    const absl::Status status = Publish(channel, {.headers = {{"h", "1"}, {"h", "2"}}});
    ExpectEq(status.code(), absl::StatusCode::kInvalidArgument) << status;
    auto member = Join(channel, "billing");
    RequireOk(Publish(channel, {.body = "good", .headers = {{"h", "1"}, {"H", "2"}}}));
    const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
    RequireEq(received.size(), 1u);
    ExpectEq(received[0].body, "good");
  }
};

struct WildcardsMatchExactlyTheDocumentedSet final : Stage {
  void Run() override {
    NeedsDeclared(declared().routes_by_type, "routes_by_type");
    const Words types = {"order",         "order.created",        "order.item.added", "stock.order",
                         "stock.failed",  "stock.reserve.failed", "failed",           "stock",
                         "stock.reserve", "stock.reserve.request"};
    const std::vector<Words> groups = {
        {"order.*"}, {"order.#"},        {"*.failed"},      {"#.failed"},
        {"#"},       {"stock.*.failed"}, {"order.created"}, {"order", "*.order"},
        {"*"},       {"stock.#.failed"}, {"#.reserve.#"},   {"*.*.*"},
    };
    const std::string channel = Unique("orders");
    Topology topology;
    topology.channels.push_back({channel, 2, 0});
    for (std::size_t i = 0; i < groups.size(); ++i) {
      topology.groups.push_back({channel, "test", Unique(absl::StrCat("group-", i)), groups[i]});
    }
    RequireOk(transport().Declare(topology, DeclareMode::kDeclare, In(patience())));
    for (const std::string& type : types) {
      RequireOk(Publish(channel, {.key = type, .body = type, .type = type})) << type;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      std::multiset<std::string> expected;
      for (const std::string& type : types) {
        const bool due = std::any_of(groups[i].begin(), groups[i].end(), [&](const auto& pattern) {
          return Matches(Split(pattern), 0, Split(type), 0);
        });
        if (due) expected.insert(type);
      }
      ConsumerOptions options = OptionsOf(channel, absl::StrCat("group-", i));
      options.subscriptions[0].types = groups[i];
      auto member = Open(options);
      member->WaitUntilReady();
      std::multiset<std::string> got;
      for (const Received& each : member->Receive(expected.size(), Settling::kAtOnce)) {
        got.insert(each.body);
      }
      for (const Received& each : member->ReceiveFor(absl::Milliseconds(30), Settling::kAtOnce)) {
        got.insert(each.body);
      }
      ExpectEq(got, expected) << "bound by " << groups[i];
      ExpectOk(member->Close());
    }
    TakeReport();  // it knows nothing of types
  }
};

struct ATypeThatNoGroupIsBoundToIsUnroutable final : Stage {
  void Run() override {
    NeedsDeclared(declared().routes_by_type, "routes_by_type");
    const std::string channel = Declare("orders", {"billing"});
    const absl::Status status =
        Publish(channel, {.type = "thing.unheard", .timeout = absl::Seconds(10)});
    ExpectEq(status.code(), absl::StatusCode::kNotFound) << status;
    ExpectOk(Publish(channel, {}));
    ExpectEq(Join(channel, "billing")->Receive(1, Settling::kAtOnce).size(), 1u);
  }
};

// The last one is done, the first still runs.
struct NoAcknowledgementCoversARunningHandler final : Stage {
  void Run() override {
    Applies(declared().acknowledges_each, "it settles by a position");
    const std::string channel = Declare("orders", {"billing"}, 1);
    PublishMany(channel, 10, 1);
    std::vector<Received> received;
    {
      auto member = Join(channel, "billing");
      received = member->Receive(10, Settling::kNot);
      RequireEq(received.size(), 10u);
      for (std::size_t i : {9u, 4u, 7u}) ExpectTrue(member->Settle(received[i]));
      ExpectOk(member->Close());
    }
    auto successor = Join(channel, "billing");
    const std::vector<Received> again = successor->Receive(7, Settling::kAtOnce);
    std::vector<std::string> expected;
    for (std::size_t i : {0u, 1u, 2u, 3u, 5u, 6u, 8u}) expected.push_back(received[i].id);
    ExpectEq(IdsOf(again), expected);
    ExpectTrue(successor->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce).empty());
    const Report report = TakeReport();
    ExpectTrue(report.lost.empty() && report.repeated_after_settle.empty()) << report;
  }
};

struct PositionsTolerateGaps final : Stage {
  void Run() override {
    Applies(declared().positions_have_gaps, "its positions have no gaps");
    NeedsFault(faults().leave_gap != nullptr, "leave_gap");
    const std::string channel = Declare("orders", {"billing"}, 1);
    int published = 0;
    for (int round = 0; round < 3; ++round) {
      PublishMany(channel, 5, 2);
      published += 5;
      RequireTrue(faults().leave_gap(channel)) << "leave_gap";
    }
    {
      auto member = Join(channel, "billing");
      ExpectEq(member->Receive(published, Settling::kAtOnce).size(),
               static_cast<std::size_t>(published));
      ExpectTrue(member->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce).empty());
      ExpectOk(member->Close());
    }
    // All before the last gap is told, and nothing behind it: so nothing comes twice.
    auto successor = Join(channel, "billing");
    ExpectTrue(successor->ReceiveFor(absl::Seconds(1), Settling::kAtOnce).empty());
    PublishMany(channel, 3);
    ExpectEq(successor->Receive(3, Settling::kAtOnce).size(), 3u);
  }
};

// --- Behaviour 50 --------------------------------------------------------------------------------

struct SaysOfItselfWhatIsDeclared final : Stage {
  void Run() override {
    const Capabilities has = capabilities();
    ExpectEq(has.properties, declared().properties) << "properties";
    ExpectEq(has.ordered_by_key, declared().ordered_by_key) << "ordered_by_key";
    ExpectEq(has.replay, declared().replay) << "replay";
    ExpectEq(has.side_queues, declared().side_queues) << "side_queues";
    ExpectGt(has.max_body_bytes, 0u) << "max_body_bytes";
  }
};

// One member holds the first of a key. Where order is promised, no other gets the key's next ones;
// where it is not, one does.
struct OrderAmongMembersIsAsDeclared final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"}, 2);
    auto one = Join(channel, "billing");
    auto other = Join(channel, "billing");
    if (declared().moves_sources) {
      RequireTrue(Becomes([&] {
        one->ReceiveFor(absl::Milliseconds(10), Settling::kNot);
        other->ReceiveFor(absl::Milliseconds(10), Settling::kNot);
        return one->assigned() == 1 && other->assigned() == 1;
      })) << "the group found no balance";
    }
    PublishMany(channel, 40, 1);
    const bool one_has = !one->ReceiveFor(absl::Seconds(1), Settling::kNot).empty();
    const bool other_has = !other->ReceiveFor(absl::Seconds(1), Settling::kNot).empty();
    ExpectTrue(one_has || other_has) << "nobody got anything";
    ExpectEq(one_has != other_has, declared().ordered_by_key)
        << "whether one member alone has the key";
    TakeReport();
  }
};

struct ALateGroupFindsThePastJustWhereReplayIsDeclared final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 5);
    Topology topology;
    topology.groups.push_back({channel, "test", Unique("late"), {"thing.happened"}});
    RequireOk(transport().Declare(topology, DeclareMode::kDeclare, In(patience())));
    auto late = Join(channel, "late");
    const std::size_t got = late->ReceiveFor(absl::Seconds(2), Settling::kAtOnce).size();
    ExpectEq(got, declared().replay ? 5u : 0u);

    ConsumerOptions nobody = OptionsOf(channel, "");
    nobody.start_from = StartFrom::kEarliest;
    absl::StatusOr<std::unique_ptr<Consumer>> reader = transport().OpenConsumer(nobody);
    ExpectEq(reader.ok(), declared().replay) << "nobody's reader from the earliest on";
    TakeReport();
  }
};

struct SourcesMoveJustWhereItIsDeclared final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"}, 4);
    auto one = Join(channel, "billing");
    auto other = Open(OptionsOf(channel, "billing"));
    const absl::Time deadline = In(declared().moves_sources ? patience() : absl::Seconds(2));
    while (Now() < deadline && one->revocations() == 0) {
      one->ReceiveFor(absl::Milliseconds(20), Settling::kNot);
      other->ReceiveFor(absl::Milliseconds(20), Settling::kNot);
    }
    ExpectEq(one->revocations() > 0, declared().moves_sources);
  }
};

struct SettledOutOfOrderIsRememberedJustWhereItIsDeclared final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"}, 1);
    PublishMany(channel, 5, 1);
    {
      auto member = Join(channel, "billing");
      const std::vector<Received> received = member->Receive(5, Settling::kNot);
      RequireEq(received.size(), 5u);
      for (std::size_t i = 1; i < 5; ++i) ExpectTrue(member->Settle(received[i]));
      ExpectOk(member->Close());
    }
    auto successor = Join(channel, "billing");
    std::size_t again = successor->Receive(1, Settling::kAtOnce).size();
    again += successor->ReceiveFor(absl::Seconds(1), Settling::kAtOnce).size();
    ExpectEq(again, declared().remembers_settled_out_of_order ? 1u : 5u) << "came again";
    TakeReport();
  }
};

struct OtherTypesStayAwayJustWhereRoutingIsDeclared final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"}, 1);
    RequireOk(Publish(channel, {.body = "other", .type = "thing.else", .mandatory = false}));
    RequireOk(Publish(channel, {.body = "own"}));
    auto member = Join(channel, "billing");
    std::set<std::string> bodies;
    for (const Received& each : member->ReceiveFor(absl::Seconds(2), Settling::kAtOnce)) {
      bodies.insert(each.body);
    }
    ExpectTrue(bodies.contains("own"));
    ExpectEq(bodies.contains("other"), !declared().routes_by_type);
    TakeReport();
  }
};

}  // namespace

void AddCapabilities(std::vector<Entry>& checks) {
  checks.push_back(Make<RefusesAHeaderThatIsThereTwice>(4, "RefusesAHeaderThatIsThereTwice"));
  checks.push_back(
      Make<WildcardsMatchExactlyTheDocumentedSet>(8, "WildcardsMatchExactlyTheDocumentedSet"));
  checks.push_back(
      Make<ATypeThatNoGroupIsBoundToIsUnroutable>(23, "ATypeThatNoGroupIsBoundToIsUnroutable"));
  checks.push_back(
      Make<NoAcknowledgementCoversARunningHandler>(19, "NoAcknowledgementCoversARunningHandler"));
  checks.push_back(Make<PositionsTolerateGaps>(20, "PositionsTolerateGaps"));
  checks.push_back(Make<SaysOfItselfWhatIsDeclared>(50, "SaysOfItselfWhatIsDeclared"));
  checks.push_back(Make<OrderAmongMembersIsAsDeclared>(50, "OrderAmongMembersIsAsDeclared"));
  checks.push_back(Make<ALateGroupFindsThePastJustWhereReplayIsDeclared>(
      50, "ALateGroupFindsThePastJustWhereReplayIsDeclared"));
  checks.push_back(Make<SourcesMoveJustWhereItIsDeclared>(50, "SourcesMoveJustWhereItIsDeclared"));
  checks.push_back(Make<SettledOutOfOrderIsRememberedJustWhereItIsDeclared>(
      50, "SettledOutOfOrderIsRememberedJustWhereItIsDeclared"));
  checks.push_back(Make<OtherTypesStayAwayJustWhereRoutingIsDeclared>(
      50, "OtherTypesStayAwayJustWhereRoutingIsDeclared"));
}

}  // namespace omnibus::transport_testing
