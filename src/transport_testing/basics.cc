// What arrives, and how it looks then: behaviours 1 to 4, 6 and 7.
#include <algorithm>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "transport_testing/checks.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {
namespace {

struct DeliversEverythingOnce final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    PublishMany(channel, 500, 20);
    ExpectEq(member->Receive(500, Settling::kAtOnce).size(), 500u);
    ExpectTrue(member->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce).empty());
  }
};

struct KeepsForADeclaredGroupWhatCameBeforeItsFirstMember final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 50);
    ExpectEq(Join(channel, "billing")->Receive(50, Settling::kAtOnce).size(), 50u);
  }
};

struct KeepsItAcrossAReplacementOfTheProcess final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    PublishMany(channel, 20);
    Reopen();
    ExpectEq(Join(channel, "billing")->Receive(20, Settling::kAtOnce).size(), 20u);
  }
};

struct LeavesBodiesUntouched final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    std::string all_bytes(256, '\0');
    std::iota(all_bytes.begin(), all_bytes.end(), '\0');
    const std::vector<std::string> bodies = {
        "", "x", std::string(1, '\0'), "\xff\xfe\xc0\x80", all_bytes, std::string(100'000, '\n')};
    auto member = Join(channel, "billing");
    for (const std::string& body : bodies) {
      RequireTrue(Publish(channel, {.key = "k", .body = body}).ok());
      const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
      RequireEq(received.size(), 1u);
      ExpectTrue(received[0].body == body)
          << body.size() << " bytes, received " << received[0].body.size();
    }
  }
};

struct DeliversABodyOfTheLargestSize final : Stage {
  void Run() override {
    std::size_t size = capabilities().max_body_bytes;
    RequireGt(size, 0u);
    if (under_test().largest_sent_body > 0) size = std::min(size, under_test().largest_sent_body);
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    std::string body(size, 'x');
    body.front() = '<';
    body.back() = '>';
    const absl::Status status = Publish(channel, {.body = body});
    RequireTrue(status.ok()) << status;
    const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
    RequireEq(received.size(), 1u);
    ExpectTrue(received[0].body == body);
  }
};

struct KeepsHeadersAndKeys final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    Message message;
    message.key = "key/\"quoted\" \xd0\xba\xd0\xbb\xd1\x8e\xd1\x87 #*.";
    message.headers = {{"empty", ""},
                       {"Case-Matters", "a"},
                       {"case-matters", "b"},
                       {"spaces and = signs;", " leading, trailing "},
                       {"unicode-\xe2\x82\xac", "\xf0\x9f\x9a\x80\xe2\x82\xac"},
                       {"control", "a\tb\nc"},
                       {"long", std::string(5000, 'h')}};
    for (int i = 0; i < 50; ++i) {
      message.headers.push_back({absl::StrCat("many-", i), absl::StrCat("value ", i)});
    }
    auto member = Join(channel, "billing");
    const absl::Status status = Publish(channel, message);
    RequireTrue(status.ok()) << status;
    const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
    RequireEq(received.size(), 1u);
    ExpectEq(received[0].key, message.key);
    for (const auto& [name, value] : message.headers) {
      const auto found = received[0].headers.find(name);
      RequireNe(found, received[0].headers.end()) << name;
      ExpectEq(found->second, value) << name;
    }
  }
};

struct CarriesPropertiesWhereItSaysSo final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    auto member = Join(channel, "billing");
    std::string id;
    RequireTrue(Publish(channel, {.correlation_id = "chain-7"}, &id).ok());
    const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
    RequireEq(received.size(), 1u);
    const bool has = capabilities().properties;
    ExpectEq(received[0].type, has ? "thing.happened" : "");
    ExpectEq(received[0].property_id, has ? id : "");
    ExpectEq(received[0].correlation_id, has ? "chain-7" : "");
    ExpectEq(received[0].key, "");
  }
};

struct RefusesAHeaderThatIsNoUtf8 final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    for (const std::string bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
      ExpectEq(Publish(channel, {.headers = {{"h", bad}}}).code(),
               absl::StatusCode::kInvalidArgument);
      ExpectEq(Publish(channel, {.headers = {{"h" + bad, "v"}}}).code(),
               absl::StatusCode::kInvalidArgument);
    }
    auto member = Join(channel, "billing");
    RequireTrue(Publish(channel, {.body = "good"}).ok());
    ExpectEq(member->Receive(1, Settling::kAtOnce).at(0).body, "good");
  }
};

struct NeverMixesTwoChannels final : Stage {
  void Run() override {
    const std::string orders = Declare("orders", {"billing"});
    const std::string parcels = Declare("parcels", {"shipping"});
    const std::string silent = Declare("silent", {"billing"});
    auto billing = Join(orders, "billing");
    auto shipping = Join(parcels, "shipping");
    auto listening = Join(silent, "billing");
    for (int i = 0; i < 50; ++i) {
      SendPatiently(i % 2 == 0 ? orders : parcels, {.key = "k"});
    }
    Flush();
    for (const Received& each : billing->Receive(25, Settling::kAtOnce)) {
      ExpectEq(each.channel, orders);
    }
    for (const Received& each : shipping->Receive(25, Settling::kAtOnce)) {
      ExpectEq(each.channel, parcels);
    }
    ExpectTrue(listening->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce).empty());
  }
};

struct OneMemberReadsSeveralChannels final : Stage {
  void Run() override {
    const std::string orders = Declare("orders", {"billing"});
    const std::string parcels = Declare("parcels", {"billing"});
    ConsumerOptions options = OptionsOf(orders, "billing");
    options.subscriptions.push_back({Destination::kChannel, parcels, {"thing.happened"}});
    auto member = Open(options);
    member->WaitUntilReady();
    PublishMany(orders, 20);
    PublishMany(parcels, 20);
    ExpectEq(member->Receive(40, Settling::kAtOnce).size(), 40u);
  }
};

struct CarriesTwentyChannelsAtOnce final : Stage {
  void Run() override {
    std::vector<std::string> channels;
    ConsumerOptions options = OptionsOf("", "billing");
    options.subscriptions.clear();
    for (int i = 0; i < 20; ++i) {
      channels.push_back(Declare(absl::StrCat("channel-", i), {"billing"}, 1));
      options.subscriptions.push_back({Destination::kChannel, channels[i], {"thing.happened"}});
    }
    auto member = Open(options);
    member->WaitUntilReady();
    for (int i = 0; i < 200; ++i) SendPatiently(channels[i % 20], {.key = "k"});
    Flush();
    ExpectEq(member->Receive(200, Settling::kAtOnce).size(), 200u);
  }
};

struct AQueueIsReachedByItsOwnName final : Stage {
  void Run() override {
    const std::string channel = Declare("orders", {"billing"});
    const std::string queue = channel + "." + Unique("billing") + ".dead";
    OutgoingMessage dead;
    dead.destination = Destination::kQueue;
    dead.channel = queue;
    dead.key = "k";
    dead.body = "dead body";
    auto bell = std::shared_ptr<Doorbell>(SystemRuntime().NewDoorbell());
    auto outcome = std::make_shared<absl::Status>(absl::UnknownError("none yet"));
    RequireTrue(producer()
                    .Send(dead, In(patience()),
                          [bell, outcome](absl::Status status) {
                            *outcome = std::move(status);
                            bell->Ring();
                          })
                    .ok());
    RequireTrue(bell->Wait(In(patience())));
    ExpectTrue(outcome->ok()) << *outcome;

    ConsumerOptions options = OptionsOf(queue, "billing");
    options.subscriptions[0].destination = Destination::kQueue;
    auto member = Open(options);
    member->WaitUntilReady();
    const std::vector<Received> received = member->Receive(1, Settling::kNot);
    RequireEq(received.size(), 1u);
    ExpectEq(received[0].body, "dead body");
    ExpectEq(received[0].channel, queue);
    TakeReport();  // it knows nothing of queues
  }
};

}  // namespace

void AddBasics(std::vector<Entry>& checks) {
  checks.push_back(Make<DeliversEverythingOnce>(1, "DeliversEverythingOnce"));
  checks.push_back(Make<KeepsForADeclaredGroupWhatCameBeforeItsFirstMember>(
      2, "KeepsForADeclaredGroupWhatCameBeforeItsFirstMember"));
  checks.push_back(
      Make<KeepsItAcrossAReplacementOfTheProcess>(2, "KeepsItAcrossAReplacementOfTheProcess"));
  checks.push_back(Make<LeavesBodiesUntouched>(3, "LeavesBodiesUntouched"));
  checks.push_back(Make<DeliversABodyOfTheLargestSize>(3, "DeliversABodyOfTheLargestSize"));
  checks.push_back(Make<KeepsHeadersAndKeys>(4, "KeepsHeadersAndKeys"));
  checks.push_back(Make<CarriesPropertiesWhereItSaysSo>(4, "CarriesPropertiesWhereItSaysSo"));
  checks.push_back(Make<RefusesAHeaderThatIsNoUtf8>(4, "RefusesAHeaderThatIsNoUtf8"));
  checks.push_back(Make<NeverMixesTwoChannels>(6, "NeverMixesTwoChannels"));
  checks.push_back(Make<AQueueIsReachedByItsOwnName>(6, "AQueueIsReachedByItsOwnName"));
  checks.push_back(Make<OneMemberReadsSeveralChannels>(7, "OneMemberReadsSeveralChannels"));
  checks.push_back(Make<CarriesTwentyChannelsAtOnce>(7, "CarriesTwentyChannelsAtOnce"));
}

}  // namespace omnibus::transport_testing
