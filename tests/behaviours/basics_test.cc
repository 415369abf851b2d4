// What arrives, and how it looks then: behaviours 1 to 4, 6 and 7.
#include <algorithm>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/behaviours/transport_behaviour.h"

namespace omnibus::behaviours {
namespace {

TEST_P(TransportBehaviour, DeliversEverythingOnce) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  PublishMany(channel, 500, 20);
  EXPECT_EQ(member->Receive(500, Settling::kAtOnce).size(), 500u);
  EXPECT_TRUE(member->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce).empty());
}

TEST_P(TransportBehaviour, KeepsForADeclaredGroupWhatCameBeforeItsFirstMember) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 50);
  EXPECT_EQ(Join(channel, "billing")->Receive(50, Settling::kAtOnce).size(), 50u);
}

TEST_P(TransportBehaviour, KeepsItAcrossAReplacementOfTheProcess) {
  const std::string channel = Declare("orders", {"billing"});
  PublishMany(channel, 20);
  Reopen();
  EXPECT_EQ(Join(channel, "billing")->Receive(20, Settling::kAtOnce).size(), 20u);
}

TEST_P(TransportBehaviour, LeavesBodiesUntouched) {
  const std::string channel = Declare("orders", {"billing"});
  std::string all_bytes(256, '\0');
  std::iota(all_bytes.begin(), all_bytes.end(), '\0');
  const std::vector<std::string> bodies = {
      "", "x", std::string(1, '\0'), "\xff\xfe\xc0\x80", all_bytes, std::string(100'000, '\n')};
  auto member = Join(channel, "billing");
  for (const std::string& body : bodies) {
    ASSERT_TRUE(Publish(channel, {.key = "k", .body = body}).ok());
    const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
    ASSERT_EQ(received.size(), 1u);
    EXPECT_TRUE(received[0].body == body)
        << body.size() << " bytes, received " << received[0].body.size();
  }
}

TEST_P(TransportBehaviour, DeliversABodyOfTheLargestSize) {
  std::size_t size = capabilities().max_body_bytes;
  ASSERT_GT(size, 0u);
  if (features().largest_sent_body > 0) size = std::min(size, features().largest_sent_body);
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  std::string body(size, 'x');
  body.front() = '<';
  body.back() = '>';
  const absl::Status status = Publish(channel, {.body = body});
  ASSERT_TRUE(status.ok()) << status;
  const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_TRUE(received[0].body == body);
}

TEST_P(TransportBehaviour, KeepsHeadersAndKeys) {
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
  ASSERT_TRUE(status.ok()) << status;
  const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].key, message.key);
  for (const auto& [name, value] : message.headers) {
    const auto found = received[0].headers.find(name);
    ASSERT_NE(found, received[0].headers.end()) << name;
    EXPECT_EQ(found->second, value) << name;
  }
}

TEST_P(TransportBehaviour, CarriesPropertiesWhereItSaysSo) {
  const std::string channel = Declare("orders", {"billing"});
  auto member = Join(channel, "billing");
  std::string id;
  ASSERT_TRUE(Publish(channel, {.correlation_id = "chain-7"}, &id).ok());
  const std::vector<Received> received = member->Receive(1, Settling::kAtOnce);
  ASSERT_EQ(received.size(), 1u);
  const bool has = capabilities().properties;
  EXPECT_EQ(received[0].type, has ? "thing.happened" : "");
  EXPECT_EQ(received[0].property_id, has ? id : "");
  EXPECT_EQ(received[0].correlation_id, has ? "chain-7" : "");
  EXPECT_EQ(received[0].key, "");
}

TEST_P(TransportBehaviour, RefusesAHeaderThatIsNoUtf8) {
  const std::string channel = Declare("orders", {"billing"});
  for (const std::string bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_EQ(Publish(channel, {.headers = {{"h", bad}}}).code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Publish(channel, {.headers = {{"h" + bad, "v"}}}).code(),
              absl::StatusCode::kInvalidArgument);
  }
  auto member = Join(channel, "billing");
  ASSERT_TRUE(Publish(channel, {.body = "good"}).ok());
  EXPECT_EQ(member->Receive(1, Settling::kAtOnce).at(0).body, "good");
}

TEST_P(TransportBehaviour, NeverMixesTwoChannels) {
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
    EXPECT_EQ(each.channel, orders);
  }
  for (const Received& each : shipping->Receive(25, Settling::kAtOnce)) {
    EXPECT_EQ(each.channel, parcels);
  }
  EXPECT_TRUE(listening->ReceiveFor(absl::Milliseconds(300), Settling::kAtOnce).empty());
}

TEST_P(TransportBehaviour, OneMemberReadsSeveralChannels) {
  const std::string orders = Declare("orders", {"billing"});
  const std::string parcels = Declare("parcels", {"billing"});
  ConsumerOptions options = OptionsOf(orders, "billing");
  options.subscriptions.push_back({Destination::kChannel, parcels, {"thing.happened"}});
  auto member = Open(options);
  member->WaitUntilReady();
  PublishMany(orders, 20);
  PublishMany(parcels, 20);
  EXPECT_EQ(member->Receive(40, Settling::kAtOnce).size(), 40u);
}

TEST_P(TransportBehaviour, CarriesTwentyChannelsAtOnce) {
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
  EXPECT_EQ(member->Receive(200, Settling::kAtOnce).size(), 200u);
}

TEST_P(TransportBehaviour, AQueueIsReachedByItsOwnName) {
  const std::string channel = Declare("orders", {"billing"});
  const std::string queue = channel + "." + Unique("billing") + ".dead";
  OutgoingMessage dead;
  dead.destination = Destination::kQueue;
  dead.channel = queue;
  dead.key = "k";
  dead.body = "dead body";
  auto bell = std::shared_ptr<Doorbell>(SystemRuntime().NewDoorbell());
  auto outcome = std::make_shared<absl::Status>(absl::UnknownError("none yet"));
  ASSERT_TRUE(producer()
                  .Send(dead, In(kPatience),
                        [bell, outcome](absl::Status status) {
                          *outcome = std::move(status);
                          bell->Ring();
                        })
                  .ok());
  ASSERT_TRUE(bell->Wait(In(kPatience)));
  EXPECT_TRUE(outcome->ok()) << *outcome;

  ConsumerOptions options = OptionsOf(queue, "billing");
  options.subscriptions[0].destination = Destination::kQueue;
  auto member = Open(options);
  member->WaitUntilReady();
  const std::vector<Received> received = member->Receive(1, Settling::kNot);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].body, "dead body");
  EXPECT_EQ(received[0].channel, queue);
  TakeReport();  // it knows nothing of queues
}

}  // namespace
}  // namespace omnibus::behaviours
