// What a publisher is told: behaviours 22 to 27.
#include <algorithm>
#include <atomic>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

struct AConfirmedMessageIsThere final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    const absl::Status status = Publish(channel, {.body = "there"});
    RequireTrue(status.ok()) << status;
    Reopen();  // nothing of it was only in our hands
    auto member = Join(channel, "billing");
    ExpectEq(member->Receive(1, Settling::kAtOnce).at(0).body, "there");
  }
};

struct AChannelThatNobodyDeclaredIsAnErrorInTime final : Stage {
  void Run() override {
    const absl::Time start = Now();
    const absl::Status status =
        Publish(Unique("nowhere"), {.key = "k", .timeout = absl::Seconds(10)});
    ExpectEq(status.code(), absl::StatusCode::kNotFound) << status;
    ExpectLt(Now() - start, absl::Seconds(11));
  }
};

struct TheConnectionSurvivesAnUnroutableMessage final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    ExpectFalse(Publish(Unique("nowhere"), {.timeout = absl::Seconds(5)}).ok());
    for (int i = 0; i < 5; ++i) {
      const absl::Status status = Publish(channel, {.key = "k"});
      ExpectTrue(status.ok()) << status;
    }
    ExpectEq(member->Receive(5, Settling::kAtOnce).size(), 5u);
  }
};

struct WhatIsNotMandatoryMayHaveNobody final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {});
    const absl::Status status = Publish(channel, {.mandatory = false});
    ExpectTrue(status.ok()) << status;
  }
};

struct EachOfABatchHasItsOwnOutcome final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    const std::string nowhere = Unique("nowhere");
    std::vector<std::string> ids(30);
    std::vector<absl::Status> outcomes(30, absl::UnknownError("none"));
    for (int i = 0; i < 30; ++i) {
      absl::Status* const outcome = &outcomes[i];
      const absl::Status sent = Send(
          i % 10 == 3 ? nowhere : channel, {.key = "k", .timeout = absl::Seconds(10)},
          [outcome](absl::Status status) { *outcome = status; }, &ids[i]);
      RequireTrue(sent.ok()) << sent;
    }
    Flush();
    for (int i = 0; i < 30; ++i) {
      ExpectEq(outcomes[i].code(),
               i % 10 == 3 ? absl::StatusCode::kNotFound : absl::StatusCode::kOk)
          << i << ": " << outcomes[i];
    }
    ExpectEq(Join(channel, "billing")->Receive(27, Settling::kAtOnce).size(), 27u);
  }
};

struct KeepsTheOrderOfEachThreadsPublishesUnderOneKey final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    std::vector<std::unique_ptr<Thread>> threads;
    for (int t = 0; t < 8; ++t) {
      threads.push_back(Spawn("publisher", [this, t, &channel] {
        for (int i = 0; i < 50; ++i) {
          SendPatiently(channel, {.key = "the-key", .sender = absl::StrCat("thread-", t)});
        }
      }));
    }
    for (auto& thread : threads) thread->Join();
    Flush();
    ExpectEq(Join(channel, "billing")->Receive(400, Settling::kAtOnce).size(), 400u);
  }
};

// The queue is small, and nobody waits for the broker: so it is full soon, says so, and has room
// again later. What it took is there, what it refused is not.
struct AFullQueuePushesBack final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    Reopen(/*queue=*/10);
    const std::string small = Declare("small", {"billing"}, 1);
    int taken = 0;
    int refused = 0;
    for (int i = 0; i < 5000 && refused == 0; ++i) {
      const absl::Status sent = Send(small, {.body = std::string(1000, 'x')});
      if (sent.ok()) {
        ++taken;
      } else {
        ++refused;
        RequireTrue(absl::IsResourceExhausted(sent)) << sent;
      }
    }
    ExpectGt(refused, 0) << "it took " << taken;
    Flush();
    auto member = Join(small, "billing");
    ExpectEq(member->Receive(taken, Settling::kAtOnce).size(), static_cast<std::size_t>(taken));
    SendPatiently(small, {});  // there is room again
    ExpectEq(member->Receive(1, Settling::kAtOnce).size(), 1u);
    ExpectTrue(member->ReceiveFor(absl::Milliseconds(200), Settling::kAtOnce).empty());
  }
};

struct AnOversizedMessageFailsFastAndNothingElse final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    const std::string body(capabilities().max_body_bytes + 1, 'x');
    const absl::Time start = Now();
    const absl::Status status = Publish(channel, {.body = body});
    ExpectEq(status.code(), absl::StatusCode::kInvalidArgument) << status;
    ExpectLt(Now() - start, absl::Seconds(5));
    ExpectFalse(status.message().empty());
    RequireTrue(Publish(channel, {.body = "small"}).ok());
    ExpectEq(member->Receive(1, Settling::kAtOnce).at(0).body, "small");
  }
};

struct CheckingSaysWhatIsMissing final : Stage {
  void Run() override {
    Topology topology;
    topology.channels.push_back({Unique("never-declared"), 0, 0});
    const absl::Status status = transport().Declare(topology, DeclareMode::kCheck, In(patience()));
    ExpectEq(status.code(), absl::StatusCode::kNotFound) << status;
    ExpectTrue(absl::StrContains(status.message(), "never-declared")) << status;

    const std::string channel = Declare("orders", {"billing"});
    topology.channels = {{channel, 0, 0}};
    topology.groups = {{channel, "test", Unique("billing"), {"thing.happened"}}};
    const absl::Status there = transport().Declare(topology, DeclareMode::kCheck, In(patience()));
    ExpectTrue(there.ok()) << there;
  }
};

struct DeclaringTwiceChangesNothing final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 5);
    Declare("orders", {"billing"});
    Declare("orders", {"billing"}, 3);  // it stays as it is
    ExpectEq(Join(channel, "billing")->Receive(5, Settling::kAtOnce).size(), 5u);
  }
};

}  // namespace

void AddPublishing(std::vector<Entry>& checks) {
  checks.push_back(Make<AConfirmedMessageIsThere>(22, "AConfirmedMessageIsThere"));
  checks.push_back(Make<AChannelThatNobodyDeclaredIsAnErrorInTime>(
      23, "AChannelThatNobodyDeclaredIsAnErrorInTime"));
  checks.push_back(Make<TheConnectionSurvivesAnUnroutableMessage>(
      23, "TheConnectionSurvivesAnUnroutableMessage"));
  checks.push_back(Make<WhatIsNotMandatoryMayHaveNobody>(23, "WhatIsNotMandatoryMayHaveNobody"));
  checks.push_back(Make<CheckingSaysWhatIsMissing>(23, "CheckingSaysWhatIsMissing"));
  checks.push_back(Make<DeclaringTwiceChangesNothing>(2, "DeclaringTwiceChangesNothing"));
  checks.push_back(Make<EachOfABatchHasItsOwnOutcome>(24, "EachOfABatchHasItsOwnOutcome"));
  checks.push_back(Make<KeepsTheOrderOfEachThreadsPublishesUnderOneKey>(
      25, "KeepsTheOrderOfEachThreadsPublishesUnderOneKey"));
  checks.push_back(Make<AFullQueuePushesBack>(26, "AFullQueuePushesBack"));
  checks.push_back(Make<AnOversizedMessageFailsFastAndNothingElse>(
      27, "AnOversizedMessageFailsFastAndNothingElse"));
}

}  // namespace omnibus::transport_testing
