// after_dead_letter: park, over each transport: a key is released by its dead letter's replay or
// purge, and what was parked behind it comes back in order.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/dead/graveyard.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPicky[] = "picky-service";

class KeyReleaseTest : public GraveyardTest {
 protected:
  KeyReleaseTest() { picky_ = "retry: {attempts: 1}, after_dead_letter: park"; }

  // 1 is a dead letter, and parks "pen"; 2 to 4 are parked behind it. What failed is mended.
  void Park(int channel) {
    Open(channel);
    ASSERT_EQ(Publish(1, "pen"), absl::OkStatus());
    ASSERT_TRUE(Buried(1));
    diary_.FailWith(absl::OkStatus());
    for (int i = 2; i <= 4; ++i) ASSERT_EQ(Publish(i, "pen"), absl::OkStatus());
    ASSERT_TRUE(Buried(4));
    parked_ = Listed();
    ASSERT_EQ(Numbers(parked_), (std::vector<std::int64_t>{1, 2, 3, 4}));
    EXPECT_THAT(diary_.numbers(kPicky), IsEmpty());
  }

  // The key goes on: one that comes now is handled, behind `before`.
  void ExpectToGoOn(std::vector<std::int64_t> before) {
    ASSERT_EQ(Publish(5, "pen"), absl::OkStatus());
    before.push_back(5);
    ASSERT_TRUE(Becomes([&] { return diary_.numbers(kPicky).size() >= before.size(); }));
    Close();
    EXPECT_EQ(diary_.numbers(kPicky), before);
  }

  std::vector<BuriedMessage> parked_;
};

TEST_P(KeyReleaseTest, AReplayBringsBackWhatIsParkedInOrder) {
  Park(10);
  EXPECT_TRUE(parked_[0].parks);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_FALSE(parked_[i].parks);
    EXPECT_EQ(parked_[i].behind, parked_[0].event_id);
    EXPECT_EQ(parked_[i].reason, "parked");
  }
  ASSERT_EQ(Publish(9, "ink"), absl::OkStatus());
  ASSERT_TRUE(Becomes([&] { return !diary_.entries(kPicky).empty(); })) << "another key flows";

  for (const DeadLetterFilter& filter :
       {DeadLetterFilter{}, DeadLetterFilter{.ids = {parked_[0].id}}}) {
    RemovalOptions dry;
    dry.dry_run = true;
    const absl::StatusOr<RemovalTally> would = Letters()->Replay(filter, dry);
    ASSERT_TRUE(would.ok()) << would.status();
    EXPECT_EQ(would->done, 1);
    EXPECT_EQ(would->following, 3);
  }
  const absl::StatusOr<RemovalTally> tally = Letters()->Replay({.ids = {parked_[0].id}});
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 1) << tally->first_error;
  EXPECT_EQ(tally->following, 3);
  EXPECT_EQ(tally->failed, 0);
  ASSERT_TRUE(Becomes([&] { return diary_.numbers(kPicky).size() == 5; }));
  EXPECT_THAT(diary_.numbers(kPicky), ElementsAre(9, 1, 2, 3, 4));
  EXPECT_THAT(Listed(), IsEmpty());
  const absl::StatusOr<RemovalTally> again = Letters()->Replay({});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->done + again->following, 0);
  ExpectToGoOn({9, 1, 2, 3, 4});
}

TEST_P(KeyReleaseTest, APurgeOfTheDeadLetterAloneBringsBackWhatIsParked) {
  Park(11);
  const absl::StatusOr<RemovalTally> tally = Letters()->Purge({.ids = {parked_[0].id}});
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 1) << tally->first_error;
  EXPECT_EQ(tally->following, 3);
  EXPECT_THAT(Listed(), IsEmpty());
  ExpectToGoOn({2, 3, 4});
}

TEST_P(KeyReleaseTest, APurgeOfAllLetsTheKeyGoOnWithoutThem) {
  Park(12);
  const absl::StatusOr<RemovalTally> tally = Letters()->Purge({.keys = {"pen"}});
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 4) << tally->first_error;
  EXPECT_EQ(tally->following, 0);
  EXPECT_THAT(Listed(), IsEmpty());
  ExpectToGoOn({});
}

TEST_P(KeyReleaseTest, WhatIsParkedAloneCannotOvertakeAndCanBePurged) {
  Park(13);
  const DeadLetterFilter third{.ids = {parked_[2].id}};
  const absl::StatusOr<RemovalTally> refused = Letters()->Replay(third);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->failed, 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused->first_error)) << refused->first_error;
  EXPECT_THAT(std::string(refused->first_error.message()), HasSubstr(ToString(parked_[0].id)));
  EXPECT_EQ(Letters()->Purge(third)->done, 1);
  ASSERT_TRUE(Buried(3));
  EXPECT_EQ(Letters()->Replay({})->following, 2);
  ExpectToGoOn({1, 2, 4});
}

TEST_P(KeyReleaseTest, WaitsForAProcessThatHandlesTheKeyAndIsFinishedByASecondCall) {
  Park(14);
  Close();
  const absl::StatusOr<RemovalTally> in_vain =
      Letters({}, /*timeout=*/absl::Seconds(2))->Replay({});
  ASSERT_TRUE(in_vain.ok()) << in_vain.status();
  EXPECT_EQ(in_vain->done, 0);
  EXPECT_EQ(in_vain->failed, 1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(in_vain->first_error)) << in_vain->first_error;
  EXPECT_THAT(Numbers(Listed()), ElementsAre(1, 2, 3, 4));
  Reopen();
  ASSERT_EQ(Publish(5, "pen"), absl::OkStatus());
  const absl::StatusOr<RemovalTally> tally = Letters()->Replay({});
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 1) << tally->first_error;
  EXPECT_EQ(tally->following, 3);
  ASSERT_TRUE(Becomes([&] { return diary_.numbers(kPicky).size() == 5; }));
  Close();
  EXPECT_THAT(diary_.numbers(kPicky), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Listed(), IsEmpty());
}

TEST_P(KeyReleaseTest, WhatDiesAgainParksItsKeyAgain) {
  Park(15);
  diary_.FailWith(absl::InternalError("worse"));
  EXPECT_EQ(Letters()->Replay({})->done, 1);
  ASSERT_TRUE(Becomes([&] {
    const std::vector<BuriedMessage> listed = Listed();
    return listed.size() == 4 && listed[0].replayed == 1;
  }));
  EXPECT_THAT(Numbers(Listed()), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(Listed()[0].parks);
  diary_.FailWith(absl::OkStatus());
  const absl::StatusOr<RemovalTally> tally = Letters()->Replay({});
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->done, 1) << tally->first_error;
  EXPECT_EQ(tally->following, 3);
  ExpectToGoOn({1, 2, 3, 4});
}

INSTANTIATE_TEST_SUITE_P(Each, KeyReleaseTest, ::testing::Values("memory", "kafka", "rabbitmq"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace omnibus::testing
