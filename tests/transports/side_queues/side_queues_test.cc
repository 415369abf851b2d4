// Side queues of a group: what is put off comes back to whoever owns its part of the channel, and
// before that part goes on.
#include "tests/transports/side_queues/side_queues_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/runtime.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr int kParts = 4;
constexpr absl::Duration kPatience = absl::Seconds(60);

absl::Time In(absl::Duration duration) { return SystemRuntime().Now() + duration; }

// One received message, copied.
struct Received {
  std::string channel;
  std::string body;
  std::int64_t partition = -1;
  DeliveryTag tag;
};

std::vector<std::string> BodiesOf(const std::vector<Received>& messages,
                                  std::string_view channel = {}) {
  std::vector<std::string> bodies;
  for (const Received& each : messages) {
    if (channel.empty() || each.channel == channel) bodies.push_back(each.body);
  }
  return bodies;
}

// A member of a group that never settles by itself, and forgets what was taken away from it.
class Member {
 public:
  explicit Member(std::unique_ptr<Consumer> consumer) : consumer_(std::move(consumer)) {}

  // Waits for events, and takes them.
  void Pull(absl::Time deadline, std::size_t at_most = 500) {
    std::vector<ConsumerEvent> events;
    const absl::Status status = consumer_->Wait(deadline, at_most, events);
    ASSERT_TRUE(status.ok()) << status;
    for (const ConsumerEvent& event : events) Take(event);
  }

  // Pulls until all that it holds fulfils `enough`.
  template <typename Condition>
  bool PullUntil(Condition enough, absl::Duration within = kPatience) {
    const absl::Time deadline = In(within);
    while (!enough()) {
      if (SystemRuntime().Now() >= deadline || ::testing::Test::HasFatalFailure()) return false;
      Pull(In(absl::Milliseconds(20)));
    }
    return true;
  }

  bool PullUntilItHolds(std::size_t count) {
    const bool done = PullUntil([&] { return held_.size() >= count; });
    EXPECT_TRUE(done) << "it holds " << held_.size() << " of " << count << "; "
                      << consumer_->Health().detail;
    return done;
  }

  // As a caller that has little room: each wait is for one event, and as long as it takes.
  bool PullOneByOneUntilItHolds(std::size_t count) {
    const absl::Time deadline = In(kPatience);
    while (held_.size() < count && SystemRuntime().Now() < deadline &&
           !::testing::Test::HasFatalFailure()) {
      Pull(deadline, 1);
    }
    EXPECT_EQ(held_.size(), count) << consumer_->Health().detail;
    return held_.size() == count;
  }

  bool PullUntilReady() {
    const bool ready = PullUntil([this] { return consumer_->Health().healthy; });
    EXPECT_TRUE(ready) << consumer_->Health().detail;
    return ready;
  }

  // Settles all that `which` is true of, and forgets it. Returns how many were refused.
  template <typename Predicate>
  std::size_t Settle(Predicate which) {
    std::vector<DeliveryTag> tags;
    for (const Received& each : held_) {
      if (which(each)) tags.push_back(each.tag);
    }
    held_.erase(std::remove_if(held_.begin(), held_.end(), which), held_.end());
    return consumer_->Settle(tags);
  }
  std::size_t SettleAll() {
    return Settle([](const Received&) { return true; });
  }

  void Close() { EXPECT_TRUE(consumer_->Close(In(kPatience)).ok()); }

  // What came, and is not settled yet, as it came.
  const std::vector<Received>& held() const { return held_; }
  std::size_t sources() const { return owned_.size(); }
  // The sources of side queues whose end it was told of, and how much it held by then.
  const std::map<std::uint32_t, std::size_t>& caught_up() const { return caught_up_; }
  Consumer& consumer() { return *consumer_; }

 private:
  void Take(const ConsumerEvent& event) {
    switch (event.kind) {
      case ConsumerEvent::Kind::kMessage: {
        const ReceivedMessage& message = event.message;
        Received& received = held_.emplace_back();
        received.channel = message.channel;
        received.body = message.body;
        received.partition = message.partition;
        received.tag = message.tag;
        EXPECT_TRUE(owned_.contains(message.tag.source))
            << received.body << " of " << message.channel;
        break;
      }
      case ConsumerEvent::Kind::kAssigned:
        owned_.insert(event.sources.begin(), event.sources.end());
        break;
      case ConsumerEvent::Kind::kRevoked:
      case ConsumerEvent::Kind::kLost:
        for (const std::uint32_t source : event.sources) {
          EXPECT_EQ(owned_.erase(source), 1u);
          caught_up_.erase(source);
          held_.erase(
              std::remove_if(held_.begin(), held_.end(),
                             [&](const Received& each) { return each.tag.source == source; }),
              held_.end());
        }
        if (event.kind == ConsumerEvent::Kind::kRevoked) consumer_->Release(event.epoch);
        break;
      case ConsumerEvent::Kind::kCaughtUp:
        for (const std::uint32_t source : event.sources) {
          EXPECT_TRUE(owned_.contains(source));
          EXPECT_TRUE(caught_up_.emplace(source, held_.size()).second) << "told twice";
        }
        break;
    }
  }

  const std::unique_ptr<Consumer> consumer_;
  std::vector<Received> held_;
  std::set<std::uint32_t> owned_;
  std::map<std::uint32_t, std::size_t> caught_up_;
};

class SideQueues : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!under_test_.address.has_value()) GTEST_SKIP() << under_test_.missing;
    Connect(*under_test_.address);
  }

  void Connect(const std::string& address) {
    producer_.reset();
    transport_ = under_test_.make(address);
    ASSERT_NE(transport_, nullptr);
    absl::StatusOr<std::unique_ptr<Producer>> producer = transport_->OpenProducer();
    ASSERT_TRUE(producer.ok()) << producer.status();
    producer_ = *std::move(producer);
    const std::string name = absl::StrCat("side-queues-", SystemRuntime().Random());
    channel_ = name + ".events";
    module_ = "worker";
    soon_ = channel_ + ".worker.retry.1s";
    later_ = channel_ + ".worker.retry.1m";
  }

  Topology OwnTopology() const {
    Topology topology;
    topology.channels.push_back({channel_, kParts, 0});
    topology.groups.push_back({channel_, "test", module_, {"thing.happened"}, {soon_, later_}});
    return topology;
  }

  void Declare() {
    const absl::Status status =
        transport_->Declare(OwnTopology(), DeclareMode::kDeclare, In(kPatience));
    ASSERT_TRUE(status.ok()) << status;
  }

  bool WaitUntilQueuesOutliveACrash(const PrivateBroker& broker) const {
    if (under_test_.outlives_a_crash == nullptr) return true;
    const absl::Time deadline = In(kPatience);
    for (const std::string& queue :
         {absl::StrCat(channel_, ".", module_), absl::StrCat(channel_, ".", module_, ".dead"),
          soon_, later_}) {
      while (!under_test_.outlives_a_crash(broker, queue)) {
        if (SystemRuntime().Now() >= deadline) return false;
        SystemRuntime().SleepUntil(In(absl::Milliseconds(20)));
      }
    }
    return true;
  }

  absl::Status Send(const OutgoingMessage& message) {
    struct Waiting {
      std::unique_ptr<Doorbell> bell = SystemRuntime().NewDoorbell();
      absl::Status status;
    };
    const auto waiting = std::make_shared<Waiting>();
    const absl::Status sent =
        producer_->Send(message, In(kPatience), [waiting](absl::Status status) {
          waiting->status = std::move(status);
          waiting->bell->Ring();
        });
    if (!sent.ok()) return sent;
    EXPECT_TRUE(waiting->bell->Wait(In(kPatience + absl::Seconds(5))));
    return waiting->status;
  }

  // Publishes to the channel `count` messages of as many keys, whose bodies begin with `prefix`.
  void Publish(int count, std::string_view prefix = "c") {
    SendMany(count, [&](int number, OutgoingMessage& message) {
      message.channel = channel_;
      message.type = "thing.happened";
      return absl::StrCat(absl::string_view(prefix.data(), prefix.size()), number);
    });
  }

  // Puts off `count` messages, over all parts.
  void PutOff(const std::string& queue, int count, std::string_view prefix) {
    SendMany(count, [&](int number, OutgoingMessage& message) {
      message.destination = Destination::kQueue;
      message.channel = queue;
      message.type = "thing.happened";
      message.partition = number % kParts;
      return absl::StrCat(absl::string_view(prefix.data(), prefix.size()), number);
    });
  }

  absl::Status PutOffOne(const std::string& queue, std::int64_t partition, std::string_view body) {
    OutgoingMessage message;
    message.destination = Destination::kQueue;
    message.channel = queue;
    message.type = "thing.happened";
    message.key = "some key";
    message.partition = partition;
    message.body = body;
    return Send(message);
  }

  std::unique_ptr<Member> Join(StartFrom start_from = StartFrom::kEarliest,
                               std::size_t queue_window = 10000) {
    ConsumerOptions options;
    options.domain = "test";
    options.module = module_;
    options.start_from = start_from;
    options.queue_window = queue_window;
    Subscription& subscription = options.subscriptions.emplace_back();
    subscription.channel = channel_;
    subscription.types = {"thing.happened"};
    subscription.queues = {soon_, later_};
    absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport_->OpenConsumer(options);
    EXPECT_TRUE(consumer.ok()) << consumer.status();
    if (!consumer.ok()) return nullptr;
    return std::make_unique<Member>(*std::move(consumer));
  }

  // Of each part: `soon_` and `later_` come before the channel.
  void ExpectSideQueuesFirst(const std::vector<Received>& messages) const {
    std::set<std::int64_t> begun;
    for (const Received& each : messages) {
      if (each.channel == channel_) {
        begun.insert(each.partition);
      } else {
        EXPECT_FALSE(begun.contains(each.partition))
            << each.body << " of part " << each.partition << " comes after the channel's";
      }
    }
  }

  const SideQueueTransport under_test_ = TransportWithSideQueues();
  std::string channel_;
  std::string module_;
  std::string soon_;
  std::string later_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Producer> producer_;

 private:
  template <typename Fill>
  void SendMany(int count, Fill fill) {
    const auto failed = std::make_shared<std::atomic<int>>(0);
    for (int i = 0; i < count; ++i) {
      OutgoingMessage message;
      const std::string body = fill(i, message);
      message.key = body;
      message.body = body;
      while (true) {
        const absl::Status sent =
            producer_->Send(message, In(kPatience), [failed](const absl::Status& status) {
              if (!status.ok()) ++*failed;
            });
        if (sent.ok()) break;
        ASSERT_TRUE(absl::IsResourceExhausted(sent)) << sent;
        SystemRuntime().SleepUntil(In(absl::Milliseconds(2)));
      }
    }
    ASSERT_TRUE(producer_->Flush(In(kPatience)).ok());
    ASSERT_EQ(failed->load(), 0);
  }
};

TEST_F(SideQueues, ComeBeforeTheChannelAtTheFirstStart) {
  Declare();
  Publish(100);
  PutOff(soon_, 20, "s");
  PutOff(later_, 20, "l");
  const auto member = Join();
  ASSERT_TRUE(member->PullUntilItHolds(140));
  EXPECT_EQ(BodiesOf(member->held(), soon_).size(), 20u);
  EXPECT_EQ(BodiesOf(member->held(), later_).size(), 20u);
  EXPECT_EQ(BodiesOf(member->held(), channel_).size(), 100u);
  ExpectSideQueuesFirst(member->held());
}

TEST_F(SideQueues, ComeBeforeTheChannelAfterACrash) {
  Declare();
  Publish(50);
  {
    const auto victim = Join();
    ASSERT_TRUE(victim->PullUntilItHolds(50));
    PutOff(soon_, 10, "s");
    PutOff(later_, 10, "l");
    ASSERT_TRUE(victim->PullUntilItHolds(70));
  }  // nothing is settled
  const auto successor = Join();
  ASSERT_TRUE(successor->PullUntilItHolds(70));
  ExpectSideQueuesFirst(successor->held());
}

TEST_F(SideQueues, ComeToACallerThatTakesOneEventAtATime) {
  Declare();
  Publish(40);
  PutOff(soon_, 8, "s");
  const auto member = Join();
  ASSERT_TRUE(member->PullOneByOneUntilItHolds(48));
  ExpectSideQueuesFirst(member->held());
}

TEST_F(SideQueues, AreSaidToBeCaughtUpWithOnceAllHasCome) {
  Declare();
  PutOff(soon_, 20, "s");  // and nothing in the other one
  const auto member = Join();
  ASSERT_TRUE(member->PullUntil([&] {
    const std::size_t sources = member->sources();  // the channel, and two side queues of it
    return sources > 0 && sources % 3 == 0 && member->caught_up().size() == sources / 3 * 2;
  })) << member->caught_up().size();
  ASSERT_EQ(member->held().size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) {
    const std::uint32_t source = member->held()[i].tag.source;
    ASSERT_TRUE(member->caught_up().contains(source));
    EXPECT_GT(member->caught_up().at(source), i);
  }
}

TEST_F(SideQueues, AreReadFromTheBeginningByAGroupThatStartsAtTheEnd) {
  if (!transport_->GetCapabilities().replay) GTEST_SKIP() << "the broker keeps no history";
  Declare();
  PutOff(soon_, 8, "s");
  const auto member = Join(StartFrom::kLatest);
  ASSERT_TRUE(member->PullUntilItHolds(8));
  EXPECT_EQ(BodiesOf(member->held(), soon_).size(), 8u);
}

TEST_F(SideQueues, KeepNothingThatWasSettled) {
  Declare();
  PutOff(soon_, 12, "s");
  const auto first = Join();
  ASSERT_TRUE(first->PullUntilItHolds(12));
  const auto is_last = [](const Received& each) { return each.body == "s11"; };
  EXPECT_EQ(first->Settle([&](const Received& each) { return !is_last(each); }), 0u);
  first->Close();
  const auto second = Join();
  ASSERT_TRUE(second->PullUntil(
      [&] { return std::any_of(second->held().begin(), second->held().end(), is_last); }));
  EXPECT_EQ(second->SettleAll(), 0u);
  second->Close();
  Publish(20);
  const auto third = Join();
  ASSERT_TRUE(third->PullUntilItHolds(20));
  EXPECT_THAT(BodiesOf(third->held(), soon_), IsEmpty());
}

TEST_F(SideQueues, BringWhatIsPutOffWhileTheMemberRuns) {
  Declare();
  const auto member = Join();
  Publish(10);
  ASSERT_TRUE(member->PullUntilItHolds(10));
  PutOff(soon_, 5, "s");
  ASSERT_TRUE(member->PullUntilItHolds(15));
  Publish(10, "d");
  ASSERT_TRUE(member->PullUntilItHolds(25));
  EXPECT_EQ(member->SettleAll(), 0u);
}

TEST_F(SideQueues, AreWrittenToInThePartThatIsAskedFor) {
  if (!under_test_.has_parts) GTEST_SKIP() << "a queue has no parts";
  Declare();
  for (int part = 0; part < kParts; ++part) {
    ASSERT_TRUE(PutOffOne(soon_, part, absl::StrCat("p", part)).ok());
  }
  const auto member = Join();
  ASSERT_TRUE(member->PullUntilItHolds(kParts));
  for (const Received& each : member->held()) {
    EXPECT_EQ(each.body, absl::StrCat("p", each.partition));
  }
}

TEST_F(SideQueues, RefuseAPartThatThereIsNot) {
  if (!under_test_.has_parts) GTEST_SKIP() << "a queue has no parts";
  Declare();
  const absl::Status status = PutOffOne(soon_, kParts, "nowhere");
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(soon_));
}

TEST_F(SideQueues, AreMissedWhenNobodyHasDeclaredThem) {
  Topology topology = OwnTopology();
  topology.groups[0].queues.clear();
  ASSERT_TRUE(transport_->Declare(topology, DeclareMode::kDeclare, In(kPatience)).ok());
  const absl::Status missing =
      transport_->Declare(OwnTopology(), DeclareMode::kCheck, In(kPatience));
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr(soon_));
  Declare();
  EXPECT_TRUE(transport_->Declare(OwnTopology(), DeclareMode::kCheck, In(kPatience)).ok());
}

TEST_F(SideQueues, CannotBelongToNobody) {
  Declare();
  ConsumerOptions options;
  Subscription& subscription = options.subscriptions.emplace_back();
  subscription.channel = channel_;
  subscription.queues = {soon_};
  EXPECT_TRUE(absl::IsInvalidArgument(transport_->OpenConsumer(options).status()));
}

TEST_F(SideQueues, AreReadByWhoeverHasThePartOfTheChannel) {
  Declare();
  const auto a = Join();
  ASSERT_TRUE(a->PullUntilReady());
  PutOff(soon_, 40, "s");
  ASSERT_TRUE(a->PullUntilItHolds(40));

  const auto b = Join();
  // Each has what is due to it, and all is with somebody, though nothing was settled.
  const std::size_t each = under_test_.has_parts ? 3 * kParts / 2 : 0;
  const absl::Time deadline = In(kPatience);
  const auto balanced = [&] {
    if (a->held().size() + b->held().size() != 40) return false;
    return each == 0 ? b->consumer().Health().healthy
                     : a->sources() == each && b->sources() == each;
  };
  while (!balanced() && SystemRuntime().Now() < deadline && !HasFatalFailure()) {
    a->Pull(In(absl::Milliseconds(10)));
    b->Pull(In(absl::Milliseconds(10)));
  }
  ASSERT_TRUE(balanced()) << a->sources() << " and " << b->sources() << " sources, "
                          << a->held().size() << " and " << b->held().size() << " messages";

  Publish(40);
  PutOff(later_, 40, "l");
  while (a->held().size() + b->held().size() < 120 && SystemRuntime().Now() < deadline &&
         !HasFatalFailure()) {
    a->Pull(In(absl::Milliseconds(10)));
    b->Pull(In(absl::Milliseconds(10)));
  }
  EXPECT_EQ(a->held().size() + b->held().size(), 120u);
  if (under_test_.has_parts) {
    std::map<std::int64_t, std::set<const Member*>> readers;
    for (const Member* member : {a.get(), b.get()}) {
      for (const Received& received : member->held()) readers[received.partition].insert(member);
    }
    for (const auto& [part, members] : readers) EXPECT_EQ(members.size(), 1u) << part;
    EXPECT_EQ(readers.size(), static_cast<std::size_t>(kParts));
  }
  EXPECT_EQ(a->SettleAll(), 0u);
  EXPECT_EQ(b->SettleAll(), 0u);
}

TEST_F(SideQueues, ComeFirstToAMemberThatTakesOver) {
  Declare();
  Publish(40);
  PutOff(soon_, 40, "s");
  auto a = Join();
  auto b = Join();
  const absl::Time deadline = In(kPatience);
  while (a->held().size() + b->held().size() < 80 && SystemRuntime().Now() < deadline &&
         !HasFatalFailure()) {
    a->Pull(In(absl::Milliseconds(10)));
    b->Pull(In(absl::Milliseconds(10)));
  }
  ASSERT_EQ(a->held().size() + b->held().size(), 80u);
  // It crashes; all that it held comes to the other, whatever it holds itself.
  a.reset();
  ASSERT_TRUE(b->PullUntilItHolds(80));
  if (under_test_.has_parts) ExpectSideQueuesFirst(b->held());
  std::set<std::string> bodies;
  for (const Received& each : b->held()) bodies.insert(each.body);
  EXPECT_EQ(bodies.size(), 80u);
}

TEST_F(SideQueues, HoldThousandsWithoutStoppingTheChannel) {
  Declare();
  PutOff(soon_, 5000, "s");
  Publish(200, "early");
  auto member = Join();
  ASSERT_TRUE(member->PullUntilItHolds(5200));
  ExpectSideQueuesFirst(member->held());
  EXPECT_EQ(BodiesOf(member->held(), soon_).size(), 5000u);
  // The channel goes on as ever: more than any window of its own.
  const auto of_channel = [this](const Received& each) { return each.channel == channel_; };
  EXPECT_EQ(member->Settle(of_channel), 0u);
  Publish(2000, "late");
  std::size_t came = 0;
  ASSERT_TRUE(member->PullUntil([&] {
    came += member->held().size() - 5000;
    EXPECT_EQ(member->Settle(of_channel), 0u);
    return came == 2000;
  })) << came;
  EXPECT_EQ(member->SettleAll(), 0u);
  member->Close();
  if (under_test_.forgets_some_of_many_acknowledgements) return;
  member = Join();
  Publish(10, "end");
  ASSERT_TRUE(member->PullUntilItHolds(10));
  EXPECT_EQ(BodiesOf(member->held(), channel_).size(), member->held().size());
}

TEST_F(SideQueues, OutliveARestartOfTheBroker) {
  if (!under_test_.broker.has_value()) GTEST_SKIP() << "the broker lives in the process";
  std::optional<PrivateBroker> broker = PrivateBroker::Start(*under_test_.broker);
  if (!broker.has_value()) GTEST_SKIP() << under_test_.missing;
  Connect(broker->address());
  Declare();
  PutOff(soon_, 100, "s");
  PutOff(later_, 4, "l");
  Publish(40);
  auto member = Join();
  ASSERT_TRUE(member->PullUntilItHolds(144));
  ASSERT_TRUE(broker->Stop());
  for (int i = 0; i < 20; ++i) member->Pull(In(absl::Milliseconds(50)));
  ASSERT_TRUE(broker->Restart());
  ASSERT_TRUE(member->PullUntilReady());

  // Either it kept what it has, or that comes again, in the right order.
  Publish(40, "d");
  ASSERT_TRUE(member->PullUntilItHolds(184));
  ExpectSideQueuesFirst(member->held());
  std::set<std::string> bodies;
  for (const Received& each : member->held()) bodies.insert(each.body);
  EXPECT_EQ(bodies.size(), 184u);
  EXPECT_EQ(member->SettleAll(), 0u);
  member->Close();

  if (!under_test_.forgets_some_of_many_acknowledgements) {
    Publish(10, "e");
    member = Join();
    ASSERT_TRUE(member->PullUntilItHolds(10));
    EXPECT_EQ(BodiesOf(member->held(), channel_).size(), member->held().size());
  }
  member.reset();
  producer_.reset();
  transport_.reset();
}

TEST_F(SideQueues, ComeAgainAfterAnOutageThatCostTheMembership) {
  if (!under_test_.broker.has_value()) GTEST_SKIP() << "the broker lives in the process";
  std::optional<PrivateBroker> broker = PrivateBroker::Start(*under_test_.broker);
  if (!broker.has_value()) GTEST_SKIP() << under_test_.missing;
  Connect(broker->address());
  Declare();
  PutOff(soon_, 8, "s");
  Publish(40);
  auto member = Join();
  ASSERT_TRUE(member->PullUntilItHolds(48));
  ASSERT_TRUE(WaitUntilQueuesOutliveACrash(*broker));
  ASSERT_TRUE(broker->Kill());
  ASSERT_TRUE(member->PullUntil([&] { return member->sources() == 0; }))
      << member->consumer().Health().detail;
  ASSERT_TRUE(broker->Restart());

  Publish(40, "d");
  PutOff(later_, 8, "l");
  ASSERT_TRUE(member->PullOneByOneUntilItHolds(96));
  std::vector<Received> waited = member->held();
  if (!under_test_.has_parts) {
    // It is a member again by itself, before anybody pulls, and perhaps before these were put off.
    waited.erase(std::remove_if(waited.begin(), waited.end(),
                                [this](const Received& each) { return each.channel == later_; }),
                 waited.end());
  }
  ExpectSideQueuesFirst(waited);
  EXPECT_EQ(member->SettleAll(), 0u);
  member->Close();
  member.reset();
  producer_.reset();
  transport_.reset();
}

}  // namespace
}  // namespace omnibus::testing
