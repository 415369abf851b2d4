// The checker finds each fault that is planted, and nothing where there is none.
#include "transport_testing/history.h"

#include <gtest/gtest.h>

namespace omnibus::transport_testing {
namespace {

using Strings = std::vector<std::string>;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() { history_.Expect("g", "c"); }

  void Publish(const char* id, const char* key = "k", const char* sender = "s") {
    history_.Published("c", id, key, sender);
    history_.Outcome(id, absl::OkStatus());
  }
  void Deliver(const char* id, const char* member = "m") {
    history_.Delivered("g", member, "c", id);
  }
  void Settle(const char* id, const char* member = "m", bool accepted = true) {
    history_.Settled("g", member, id, accepted);
  }

  History history_;
};

TEST_F(HistoryTest, AFaultFreeRunIsClean) {
  for (const char* id : {"1", "2", "3"}) Publish(id);
  for (const char* id : {"1", "2", "3"}) Deliver(id);
  for (const char* id : {"3", "1", "2"}) Settle(id);
  EXPECT_TRUE(history_.Check().clean()) << history_.Check();
  EXPECT_EQ(history_.deliveries("g"), 3u);
}

TEST_F(HistoryTest, FindsWhatIsLost) {
  Publish("1");
  Publish("2");
  Deliver("2");
  EXPECT_EQ(history_.Check().lost, Strings{"1@g"});
}

TEST_F(HistoryTest, FindsWhatOneOfTwoGroupsLost) {
  history_.Expect("h", "c");
  Publish("1");
  Deliver("1");
  EXPECT_EQ(history_.Check().lost, Strings{"1@h"});
}

TEST_F(HistoryTest, WhatWasNotConfirmedMayBeMissing) {
  history_.Published("c", "1", "", "s");
  history_.Outcome("1", absl::DeadlineExceededError(""));
  history_.Published("c", "2", "", "s");
  history_.Refused("2");
  EXPECT_TRUE(history_.Check().clean()) << history_.Check();
}

TEST_F(HistoryTest, AGroupIsNotDueWhatCameBeforeIt) {
  Publish("1");
  Deliver("1");
  history_.Expect("late", "c");
  EXPECT_TRUE(history_.Check().clean()) << history_.Check();
}

TEST_F(HistoryTest, FindsDuplicates) {
  Publish("1");
  Deliver("1");
  Deliver("1", "other");
  EXPECT_EQ(history_.Check().duplicated, Strings{"1@g"});
  EXPECT_TRUE(history_.Check().repeated_after_settle.empty());
}

TEST_F(HistoryTest, FindsWhatComesAgainThoughItWasSettled) {
  Publish("1");
  Deliver("1");
  Settle("1");
  Deliver("1", "other");
  EXPECT_EQ(history_.Check().repeated_after_settle, Strings{"1@g"});
}

TEST_F(HistoryTest, FindsWhatComesAgainThoughTheBrokerWasTold) {
  for (const char* id : {"1", "2"}) {
    Publish(id);
    Deliver(id);
  }
  Settle("1");
  history_.Told("g", "m");
  Settle("2");  // the broker does not know of this one
  Deliver("1", "other");
  Deliver("2", "other");
  EXPECT_EQ(history_.Check().repeated_after_told, Strings{"1@g"});
  EXPECT_EQ(history_.Check().repeated_after_settle, (Strings{"1@g", "2@g"}));
}

TEST_F(HistoryTest, FindsWhatIsReorderedWithinAKey) {
  Publish("1");
  Publish("2");
  Publish("3");
  Deliver("2");
  Deliver("1");
  Deliver("3");
  EXPECT_EQ(history_.Check().reordered, Strings{"1@g after 2"});
}

TEST_F(HistoryTest, OtherKeysAndOtherSendersMayOvertake) {
  Publish("1", "a");
  Publish("2", "b");
  Publish("3", "a", "other");
  Publish("4", "");
  Publish("5", "");
  for (const char* id : {"5", "4", "3", "2", "1"}) Deliver(id);
  EXPECT_TRUE(history_.Check().clean()) << history_.Check();
}

TEST_F(HistoryTest, ARedeliveryIsNotReordering) {
  Publish("1");
  Publish("2");
  Deliver("1");
  Deliver("2");
  Deliver("1", "other");
  Deliver("2", "other");
  EXPECT_TRUE(history_.Check().reordered.empty());
}

TEST_F(HistoryTest, FindsWhatAFencedMemberSettled) {
  Publish("1");
  Deliver("1", "old");
  Deliver("1", "new");
  Settle("1", "old");
  EXPECT_EQ(history_.Check().settled_without_right, Strings{"1@g by old"});
}

TEST_F(HistoryTest, FindsWhatIsSettledTwice) {
  Publish("1");
  Deliver("1");
  Settle("1");
  Settle("1");
  EXPECT_EQ(history_.Check().settled_without_right, Strings{"1@g by m"});
}

TEST_F(HistoryTest, ASettleThatWasDroppedIsRight) {
  Publish("1");
  Deliver("1", "old");
  Deliver("1", "new");
  Settle("1", "old", false);
  Settle("1", "new");
  EXPECT_TRUE(history_.Check().settled_without_right.empty());
}

TEST_F(HistoryTest, FindsWhatNobodyPublished) {
  Deliver("9");
  EXPECT_EQ(history_.Check().phantoms, Strings{"9@g from c"});
}

TEST_F(HistoryTest, FindsWhatCameFromAnotherChannel) {
  Publish("1");
  history_.Delivered("g", "m", "d", "1");
  EXPECT_EQ(history_.Check().phantoms, Strings{"1@g from d"});
}

TEST_F(HistoryTest, FindsWhatHasNoOutcomeOrTwo) {
  history_.Published("c", "1", "", "s");
  Publish("2");
  history_.Outcome("2", absl::OkStatus());
  Deliver("2");
  EXPECT_EQ(history_.Check().without_outcome, (Strings{"1", "2"}));
}

}  // namespace
}  // namespace omnibus::transport_testing
