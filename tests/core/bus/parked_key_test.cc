// after_dead_letter: park. What follows a dead letter under its key waits behind it, and comes back
// in order.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bus/delivery.h"
#include "bus/parking.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/testing.h"
#include "omnibus/transports/memory.h"
#include "tests/core/bus/workshop.h"

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using workshop::Joiner;
using workshop::Ordered;

constexpr char kPark[] =
    "modules: {joiner: {after_dead_letter: park, retry: {attempts: 2, first_delay: 1m, jitter: "
    "0}}}";

// A dead letter as it stands in the queue.
struct Letter {
  std::string body;
  std::string key;
  std::string id;
  std::string reason;
  std::string behind;
  std::string offset;
  bool parks = false;
};

class ParkedKeyTest : public ::testing::Test {
 protected:
  void Start() {
    omnibus::TestBusOptions options;
    options.configuration = kPark;
    options.broker = broker_;
    options.start = now_;
    options.seed = ++starts_;
    bus_ = std::make_unique<omnibus::TestBus>(
        std::make_unique<Joiner>([this](const Ordered& order, omnibus::Context&) {
          if (order.what == dies_ && is_broken_) return failure_;
          done_.push_back(order.what);
          return absl::OkStatus();
        }),
        options);
    ASSERT_TRUE(bus_->status().ok()) << bus_->status();
    transport_ = *omnibus::MakeMemoryTransport({.broker = broker_}, bus_->runtime(), nullptr);
    producer_ = *transport_->OpenProducer();
  }

  void Stop() {
    producer_.reset();
    transport_.reset();
    EXPECT_TRUE(bus_->Close().ok());
    now_ = bus_->runtime().WallTime() + absl::Seconds(1);
    bus_.reset();
  }

  void Order(std::int64_t bench, const std::string& what) {
    ASSERT_TRUE(bus_->Publish(Ordered{bench, what}).ok());
    bus_->RunUntilIdle();
  }

  std::vector<Letter> Letters() {
    omnibus::ConsumerOptions options;
    options.subscriptions.push_back(
        {omnibus::Destination::kQueue, "workshop.orders.joiner.dead", {}, {}});
    const auto consumer = *transport_->OpenConsumer(options);
    std::vector<omnibus::ConsumerEvent> events;
    while (true) {
      const std::size_t before = events.size();
      EXPECT_TRUE(consumer->Wait(bus_->runtime().Now() + absl::Milliseconds(1), 100, events).ok());
      if (events.size() == before) break;
    }
    std::vector<Letter> letters;
    for (const omnibus::ConsumerEvent& event : events) {
      if (event.kind != omnibus::ConsumerEvent::Kind::kMessage) continue;
      Letter& letter = letters.emplace_back();
      letter.body = event.message.body;
      letter.key = event.message.key;
      for (const omnibus::HeaderView& header : event.message.headers) {
        if (header.name == "dead_reason") letter.reason = header.value;
        if (header.name == "dead_behind") letter.behind = header.value;
        if (header.name == "dead_offset") letter.offset = header.value;
        if (header.name == "dead_parks") letter.parks = header.value == "true";
      }
    }
    return letters;
  }

  // As `omnibus dead replay` does it: `release` is empty for what was parked.
  void SendBack(const Letter& letter, const std::string& release, std::uint64_t release_id = 0) {
    const std::string id = omnibus::ToString(omnibus::RandomUuid(0, release_id));
    std::vector<omnibus::HeaderView> headers = {{"retry_offset", letter.offset}};
    if (!release.empty()) {
      headers.push_back({"retry_release", release});
      headers.push_back({"retry_release_id", id});
    }
    omnibus::OutgoingMessage message;
    message.destination = omnibus::Destination::kQueue;
    message.channel = "workshop.orders.joiner.retry";
    message.type = "ordered";
    message.key = letter.key;
    message.body = letter.body;
    message.headers = headers;
    absl::Status sent = absl::UnknownError("no outcome");
    ASSERT_TRUE(producer_
                    ->Send(message, bus_->runtime().Now() + absl::Seconds(1),
                           [&](absl::Status status) { sent = std::move(status); })
                    .ok());
    ASSERT_TRUE(sent.ok()) << sent;
    bus_->RunUntilIdle();
  }

  std::vector<std::string> Reasons() {
    std::vector<std::string> reasons;
    for (const Letter& letter : Letters()) reasons.push_back(letter.reason);
    return reasons;
  }

  const std::shared_ptr<omnibus::MemoryBroker> broker_ = omnibus::MakeMemoryBroker();
  absl::Time now_ = omnibus::SimulatedRuntime::kStart;
  std::uint64_t starts_ = 0;
  bool is_broken_ = true;
  std::string dies_ = "first";
  absl::Status failure_ = absl::UnavailableError("not now");
  std::vector<std::string> done_;
  std::unique_ptr<omnibus::TestBus> bus_;
  std::unique_ptr<omnibus::Transport> transport_;
  std::unique_ptr<omnibus::Producer> producer_;
};

TEST_F(ParkedKeyTest, WhatFollowsADeadLetterIsParkedBehindItAndOtherKeysFlow) {
  Start();
  Order(1, "first");
  Order(1, "second");  // put off behind the first
  bus_->Advance(absl::Seconds(61));
  Order(1, "third");
  Order(2, "other");
  EXPECT_THAT(done_, ElementsAre("other"));
  const std::vector<Letter> letters = Letters();
  ASSERT_EQ(letters.size(), 3u);
  EXPECT_EQ(letters[0].reason, "UNAVAILABLE");
  EXPECT_TRUE(letters[0].parks);
  for (std::size_t i : {1u, 2u}) {
    EXPECT_EQ(letters[i].reason, "parked");
    EXPECT_FALSE(letters[i].parks);
    EXPECT_EQ(letters[i].behind, omnibus::ToString(bus_->PublishedMetadata<Ordered>()[0].id));
  }
  EXPECT_NE(letters[1].body.find("second"), std::string::npos);
  Stop();
}

TEST_F(ParkedKeyTest, TheKeyStaysParkedOverARestart) {
  Start();
  Order(1, "first");
  bus_->Advance(absl::Seconds(61));
  bus_->Advance(absl::Hours(5));  // and over what the mark is put off anew
  Stop();
  Start();
  Order(1, "second");
  bus_->Advance(absl::Hours(1));
  EXPECT_THAT(done_, IsEmpty());
  EXPECT_THAT(Reasons(), ElementsAre("UNAVAILABLE", "parked"));
  Stop();
}

// What comes from the retry queue, and has not come in order, or not alone.
class ParkingTest : public ::testing::Test {
 protected:
  ParkingTest() {
    for (omnibus::Delivery* delivery : {&event_, &release_}) {
      delivery->source = &source_;
      delivery->order_key = 1;
      delivery->metadata.id = omnibus::RandomUuid(1, 1);
    }
    release_.put_off = true;
    release_.release = omnibus::Delivery::Release::kReplay;
  }

  // Reads it back from the retry queue.
  void PutOff(omnibus::Delivery& delivery, std::uint64_t event, std::uint64_t place) {
    delivery.source = &source_;
    delivery.order_key = 1;
    delivery.metadata.id = omnibus::RandomUuid(1, event);
    delivery.put_off = true;
    delivery.sequence = place;
  }

  // The same where its channel is a log.
  void PutOffAt(omnibus::Delivery& delivery, std::uint64_t event, std::int64_t offset) {
    PutOff(delivery, event, /*place=*/0);
    delivery.message.offset = offset;
  }

  // Comes from the channel.
  void Follow(omnibus::Delivery& delivery, std::uint64_t event) {
    delivery.source = &source_;
    delivery.order_key = 1;
    delivery.metadata.id = omnibus::RandomUuid(1, event);
  }

  bool Arrives(omnibus::Delivery& delivery) { return parking_.Arrive(&delivery).has_place; }

  void ExpectToBeReleased() {
    ASSERT_TRUE(Arrives(release_));
    EXPECT_TRUE(event_.superseded);
    EXPECT_EQ(parking_.StateOf(release_), omnibus::Parking::State::kReleasing);
  }

  // Of what is put off first, and of what follows its release.
  static constexpr std::uint64_t kRound = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kSecondRound = 2 * kRound;

  omnibus::SimulatedRuntime runtime_{1};
  omnibus::Parking parking_{runtime_, 10};
  omnibus::Source source_;
  omnibus::Delivery event_;
  omnibus::Delivery release_;
};

TEST_F(ParkingTest, AReleaseTakesThePlaceOfADeadLetterThatHasNoMarkYet) {
  parking_.BeginToPark(event_);
  ExpectToBeReleased();
}

TEST_F(ParkingTest, AReleaseTakesThePlaceOfItsEventThatIsTriedAgainAfterACrash) {
  event_.put_off = true;
  event_.attempt = 3;
  event_.sequence = kRound;
  ASSERT_TRUE(Arrives(event_));
  ExpectToBeReleased();
}

TEST_F(ParkingTest, AReleaseGivesBackItsEventThatWaitsForItsTurn) {
  omnibus::Delivery first;
  PutOffAt(first, 2, 4);
  PutOffAt(event_, 1, 7);
  release_.message.offset = 7;
  ASSERT_TRUE(Arrives(first));
  ASSERT_TRUE(Arrives(event_));
  ASSERT_TRUE(parking_.Wait(&event_));
  EXPECT_EQ(parking_.Arrive(&release_).given_back, &event_);
  EXPECT_TRUE(event_.superseded);
  EXPECT_EQ(parking_.StateOf(release_), omnibus::Parking::State::kReleasing);
}

TEST_F(ParkingTest, AReleaseThatIsReadBackBeforeItsMarkStandsForTheMark) {
  // What was put off since another release.
  PutOff(event_, 2, kSecondRound + 1);
  ASSERT_TRUE(Arrives(event_));
  ASSERT_TRUE(Arrives(release_));
  omnibus::Delivery mark;
  PutOff(mark, 1, kRound);
  mark.parks = true;
  EXPECT_FALSE(Arrives(mark));
  EXPECT_EQ(parking_.StateOf(release_), omnibus::Parking::State::kReleasing);
}

TEST_F(ParkingTest, AReleaseThatIsReadBackIsBeforeAllThatFollowedIt) {
  PutOff(event_, 2, kSecondRound + 14);
  ASSERT_TRUE(Arrives(event_));
  ASSERT_TRUE(Arrives(release_));
  omnibus::Delivery first;  // was put off anew, and is behind the release now
  PutOff(first, 3, kRound);
  ASSERT_TRUE(Arrives(first));
  EXPECT_LT(release_.sequence, first.sequence);
  EXPECT_LT(first.sequence, event_.sequence);
  EXPECT_EQ(parking_.StateOf(release_), omnibus::Parking::State::kReleasing);
}

TEST_F(ParkingTest, WhatFollowsAReleaseThatIsReadBackIsBehindLettersThatStillCome) {
  ASSERT_TRUE(Arrives(release_));
  omnibus::Delivery follower;
  Follow(follower, 3);
  ASSERT_EQ(parking_.Enter(follower), omnibus::Parking::Entry::kBehind);
  omnibus::Delivery letter;
  PutOff(letter, 2, kRound + 1);
  ASSERT_TRUE(Arrives(letter));
  EXPECT_LT(letter.sequence, follower.sequence);
}

TEST_F(ParkingTest, NoMarkIsLeftOnceItsDeadLetterWasReleasedAndHasEnded) {
  event_.parks = true;
  parking_.BeginToPark(event_);
  ASSERT_TRUE(parking_.Park(event_));
  omnibus::Delivery mark;
  PutOff(mark, 1, event_.sequence);
  mark.parks = true;
  ASSERT_TRUE(Arrives(mark));
  ASSERT_TRUE(Arrives(release_));
  parking_.Leave(release_);
  EXPECT_FALSE(parking_.Park(event_)) << "the outcome of the first try was unknown";
}

TEST_F(ParkingTest, WhatCameFromALostSourceGetsNoPlace) {
  ASSERT_TRUE(Arrives(release_));
  omnibus::Source lost;
  omnibus::Delivery late;
  Follow(late, 3);
  late.source = &lost;
  lost.lost = true;
  EXPECT_EQ(parking_.Enter(late), omnibus::Parking::Entry::kFull);
  EXPECT_FALSE(parking_.Reserve(late));
}

TEST_F(ParkingTest, OfALogAllStandWhereTheyStoodThereHoweverTheyCome) {
  // Put off behind another one; parked, released, sent back with the letters of its key; read
  // again.
  omnibus::Delivery copies[4];
  PutOffAt(copies[0], 19, 1019);
  PutOffAt(copies[1], 17, 1017);
  PutOffAt(copies[2], 18, 1018);
  PutOffAt(copies[3], 19, 1019);
  for (int i : {0, 1, 2}) ASSERT_TRUE(Arrives(copies[i]));
  EXPECT_FALSE(Arrives(copies[3])) << "is there already";
  ASSERT_TRUE(parking_.Wait(&copies[0]));
  ASSERT_TRUE(parking_.Wait(&copies[2]));
  EXPECT_EQ(parking_.Leave(copies[1]), &copies[2]);
  EXPECT_EQ(parking_.Leave(copies[2]), &copies[0]);
}

TEST_F(ParkingTest, OfALogWhatWasPutThereByHandIsNotOvertakenByWhatComesThen) {
  PutOff(event_, 1, /*place=*/0);
  ASSERT_TRUE(Arrives(event_));
  omnibus::Delivery next;
  Follow(next, 2);
  next.message.offset = 7;
  EXPECT_EQ(parking_.Enter(next), omnibus::Parking::Entry::kBehind);
  EXPECT_LT(event_.sequence, next.sequence);
}

TEST_F(ParkingTest, OfALogWhatIsReadAgainFromBeforeAParkedKeyIsNotParkedBehindIt) {
  omnibus::Delivery mark;
  PutOffAt(mark, 2, 7);
  mark.parks = true;
  ASSERT_TRUE(Arrives(mark));
  event_.message.offset = 4;
  EXPECT_EQ(parking_.Enter(event_), omnibus::Parking::Entry::kBehind);
  PutOffAt(event_, 1, 4);
  ASSERT_TRUE(Arrives(event_));
  EXPECT_EQ(parking_.TurnOf(event_), omnibus::Parking::Turn::kNow);
  omnibus::Delivery later;
  PutOffAt(later, 3, 9);
  ASSERT_TRUE(Arrives(later));
  EXPECT_EQ(parking_.TurnOf(later), omnibus::Parking::Turn::kLater);
  EXPECT_EQ(parking_.ParkedBehind(later), mark.metadata.id);
  parking_.Leave(event_);
  EXPECT_EQ(parking_.TurnOf(later), omnibus::Parking::Turn::kParked);
}

TEST_F(ParkingTest, OfTheMarksOfTwoMembersOneIsKept) {
  omnibus::Delivery mark;
  omnibus::Delivery other;
  PutOff(mark, 1, kRound);
  PutOff(other, 1, kSecondRound);
  mark.parks = other.parks = true;
  ASSERT_TRUE(Arrives(mark));
  event_.parks = true;
  parking_.BeginToPark(event_);  // has been buried here too
  EXPECT_TRUE(event_.superseded) << "leaves no mark";
  EXPECT_FALSE(Arrives(other));
}

TEST_F(ParkingTest, OfTwoMarksOfOneDeadLetterOneIsKept) {
  omnibus::Delivery mark;
  omnibus::Delivery other;
  event_.parks = true;
  parking_.BeginToPark(event_);
  EXPECT_TRUE(parking_.Park(event_));
  for (omnibus::Delivery* delivery : {&mark, &other}) {
    PutOff(*delivery, 1, event_.sequence);
    delivery->parks = true;
  }
  ASSERT_TRUE(Arrives(mark));
  EXPECT_FALSE(parking_.Park(event_));  // the outcome of the first try was unknown
  EXPECT_FALSE(Arrives(other));
}

TEST_F(ParkingTest, APlaceIsMissedByAMemberThatReadsAndNotByOneThatHasNoRoom) {
  source_.shared = true;
  ASSERT_TRUE(parking_.Reserve(event_));
  runtime_.Advance(absl::Minutes(1));
  omnibus::Delivery next;
  Follow(next, 2);
  EXPECT_EQ(parking_.Enter(next), omnibus::Parking::Entry::kBehind) << "it may not be there yet";
  parking_.Miss(event_);
  parking_.Miss(next);
  parking_.clock().Stop();
  runtime_.Advance(absl::Minutes(5));
  omnibus::Delivery last;
  Follow(last, 3);
  EXPECT_EQ(parking_.Enter(last), omnibus::Parking::Entry::kBehind);
  parking_.Miss(last);
  parking_.clock().GoOn();
  runtime_.Advance(absl::Seconds(29));
  omnibus::Delivery again;
  Follow(again, 4);
  EXPECT_EQ(parking_.Enter(again), omnibus::Parking::Entry::kBehind);
  parking_.Miss(again);
  runtime_.Advance(absl::Seconds(31));
  omnibus::Delivery free;
  Follow(free, 5);
  EXPECT_EQ(parking_.Enter(free), omnibus::Parking::Entry::kFree);
}

TEST_F(ParkingTest, WhatIsMissedIsGivenUpWhereThereIsNoRoomForTooLong) {
  source_.shared = true;
  ASSERT_TRUE(parking_.Reserve(event_));
  parking_.Miss(event_);
  parking_.clock().Stop();
  runtime_.Advance(absl::Minutes(11));
  omnibus::Delivery free;
  Follow(free, 2);
  EXPECT_EQ(parking_.Enter(free), omnibus::Parking::Entry::kFree);
  parking_.clock().GoOn();
}

class ReleaseTest : public ParkedKeyTest {
 protected:
  // "first" is a dead letter, "second" is parked behind it; what failed is mended.
  void SetUp() override {
    Start();
    Order(1, "first");
    bus_->Advance(absl::Seconds(61));
    Order(1, "second");
    letters_ = Letters();
    ASSERT_EQ(letters_.size(), 2u);
    is_broken_ = false;
  }

  void TearDown() override {
    bus_->Advance(absl::Minutes(1));
    Order(1, "last");
    EXPECT_EQ(done_.back(), "last") << "the key is parked still";
    Stop();
  }

  std::vector<Letter> letters_;
};

TEST_F(ReleaseTest, AReplayComesBackInOrder) {
  SendBack(letters_[0], "replay");
  Order(1, "third");  // arrives while the key is released
  EXPECT_THAT(done_, IsEmpty());
  EXPECT_THAT(Reasons(), ElementsAre("UNAVAILABLE", "parked", "released"));
  SendBack(letters_[1], "");
  EXPECT_THAT(done_, IsEmpty());
  SendBack(letters_[0], "done");
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, ElementsAre("first", "second", "third"));
}

TEST_F(ReleaseTest, ADropLetsWhatFollowsComeBack) {
  SendBack(letters_[0], "drop");
  SendBack(letters_[1], "");
  Order(1, "third");
  SendBack(letters_[0], "done");
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, ElementsAre("second", "third"));
}

TEST_F(ReleaseTest, ARestartInTheMiddleChangesNothing) {
  SendBack(letters_[0], "replay");
  SendBack(letters_[1], "");
  Stop();
  Start();
  Order(1, "third");
  EXPECT_THAT(done_, IsEmpty());
  SendBack(letters_[0], "done");
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, ElementsAre("first", "second", "third"));
}

TEST_F(ReleaseTest, WhatFollowedAReleaseCanDieAndBeReleasedToo) {
  SendBack(letters_[0], "replay", 1);
  Order(1, "third");
  SendBack(letters_[1], "");
  is_broken_ = true;
  dies_ = "third";
  failure_ = absl::InvalidArgumentError("never");
  SendBack(letters_[0], "done", 1);
  bus_->Advance(absl::Seconds(1));
  Order(1, "fourth");
  const std::vector<Letter> letters = Letters();
  ASSERT_EQ(letters.size(), 5u) << "those of SetUp(), the note, and these two";
  is_broken_ = false;
  SendBack(letters[3], "replay", 2);
  Order(1, "fifth");
  SendBack(letters[4], "");
  SendBack(letters[3], "done", 2);
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, ElementsAre("first", "second", "third", "fourth", "fifth"));
}

TEST_F(ReleaseTest, ASecondReleaseIsBeforeWhatFollowsOverARestartToo) {
  SendBack(letters_[0], "replay", 1);
  Order(1, "third");
  SendBack(letters_[0], "replay", 2);  // takes the place of the first one, which is settled
  Stop();
  Start();
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, IsEmpty());
  SendBack(letters_[1], "");
  SendBack(letters_[0], "done", 2);
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, ElementsAre("first", "second", "third"));
}

TEST_F(ReleaseTest, WhatDiesAgainAtOnceIsNotReleasedByTheEndOfItsFirstRelease) {
  is_broken_ = true;
  failure_ = absl::InvalidArgumentError("never");
  SendBack(letters_[0], "replay", 1);
  SendBack(letters_[1], "");
  SendBack(letters_[0], "done", 1);
  ASSERT_EQ(Reasons().size(), 5u) << "both died again, behind the note";
  is_broken_ = false;
  SendBack(letters_[0], "replay", 2);
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, IsEmpty()) << "what follows has not come back yet";
  SendBack(letters_[1], "");
  SendBack(letters_[0], "done", 2);
  bus_->Advance(absl::Seconds(1));
  EXPECT_THAT(done_, ElementsAre("first", "second"));
}

TEST_F(ReleaseTest, ReleasingTwiceIsHarmless) {
  for (int i = 0; i < 2; ++i) {
    SendBack(letters_[0], "replay");
    SendBack(letters_[1], "");
    SendBack(letters_[0], "done");
    bus_->Advance(absl::Seconds(1));
  }
  EXPECT_THAT(done_, ElementsAre("first", "second"));
}

}  // namespace
