#include "transports/kafka/partition_table.h"

#include <gtest/gtest.h>

#include <array>

namespace omnibus::kafka {
namespace {

std::size_t Settle(PartitionTable& table, const DeliveryTag& tag) {
  return table.Settle(std::array{tag});
}

class PartitionTableTest : public ::testing::Test {
 protected:
  void SetUp() override { table_.Assign(source_, epoch_); }
  // Written at the time of its offset.
  std::optional<DeliveryTag> HandOut(std::int64_t offset) {
    DeliveryTag tag;
    if (table_.HandOut(source_, offset, offset, tag) != PartitionTable::Fetched::kHandOut)
      return std::nullopt;
    return tag;
  }
  PartitionTable table_;
  const std::uint32_t source_ = table_.SourceOf("orders", 3);
  const std::uint64_t epoch_ = table_.NextEpoch();
};

TEST_F(PartitionTableTest, APartitionKeepsItsNumber) {
  const std::uint32_t other = table_.SourceOf("orders", 4);
  EXPECT_NE(other, source_);
  EXPECT_EQ(table_.SourceOf("orders", 3), source_);
  EXPECT_EQ(table_.Find("orders", 4), other);
  EXPECT_FALSE(table_.Find("orders", 5).has_value());
}

TEST_F(PartitionTableTest, ThePositionStaysAtTheLowestUnfinishedOne) {
  const auto first = HandOut(10);
  const auto second = HandOut(15);  // a gap, from compaction
  ASSERT_TRUE(first && second);
  EXPECT_EQ(Settle(table_, *second), 0U);
  EXPECT_TRUE(table_.Untold().empty());
  EXPECT_EQ(Settle(table_, *first), 0U);
  ASSERT_EQ(table_.Untold().size(), 1U);
  EXPECT_EQ(table_.Untold()[0].offset, 16);
  table_.Told(table_.Untold()[0]);
  EXPECT_TRUE(table_.Untold().empty());
}

TEST_F(PartitionTableTest, AMessageThatComesTwiceIsHandedOutOnce) {
  EXPECT_TRUE(HandOut(10));
  EXPECT_FALSE(HandOut(10));
  EXPECT_TRUE(HandOut(11));
}

TEST_F(PartitionTableTest, NothingIsHandedOutFromAMessageBeforeThePositionOnUntilItIsTrusted) {
  ASSERT_TRUE(HandOut(10));
  DeliveryTag tag;
  EXPECT_EQ(table_.HandOut(source_, 0, 0, tag), PartitionTable::Fetched::kDoubt);
  EXPECT_EQ(table_.HandOut(source_, 1, 1, tag), PartitionTable::Fetched::kDrop);
  EXPECT_EQ(table_.HandOut(source_, 11, 11, tag), PartitionTable::Fetched::kDrop);
  EXPECT_EQ(table_.Doubted(), std::vector<std::uint32_t>{source_});
  table_.Trust(source_, 11);
  EXPECT_TRUE(table_.Doubted().empty());
  EXPECT_FALSE(HandOut(10));
  EXPECT_TRUE(HandOut(11));
}

TEST_F(PartitionTableTest, AGroupsPositionIsHeldToFromTheFirstMessageOn) {
  table_.GoOnAt(source_, 10);
  EXPECT_TRUE(table_.Untold().empty()) << "the broker knows it";
  DeliveryTag tag;
  EXPECT_EQ(table_.HandOut(source_, 0, 0, tag), PartitionTable::Fetched::kDoubt);
  table_.Trust(source_, 10);
  EXPECT_TRUE(HandOut(10));
}

TEST_F(PartitionTableTest, ADifferentMessageInThePlaceOfTheLastOneIsOfAnotherLog) {
  ASSERT_TRUE(HandOut(10));
  DeliveryTag tag;
  EXPECT_EQ(table_.HandOut(source_, 10, 99, tag), PartitionTable::Fetched::kDoubt);
  EXPECT_TRUE(table_.Get(source_).another_log);
  table_.Assign(source_, table_.NextEpoch());
  EXPECT_FALSE(table_.Get(source_).another_log);
  EXPECT_TRUE(HandOut(0));
}

TEST_F(PartitionTableTest, APartitionInDoubtThatLeavesNeedsNoAnswer) {
  table_.Doubt(source_);
  table_.Leave(source_);
  EXPECT_TRUE(table_.Doubted().empty());
}

TEST_F(PartitionTableTest, NothingIsHandedOutOfAPartitionThatLeavesButItsMessagesCanBeSettled) {
  const auto running = HandOut(1);
  table_.Leave(source_);
  EXPECT_FALSE(HandOut(2));
  EXPECT_EQ(table_.Unfinished(std::array{source_}), 1U);
  EXPECT_EQ(Settle(table_, *running), 0U);
  EXPECT_EQ(table_.Untold().size(), 1U);
}

TEST_F(PartitionTableTest, ASettleOfAnOldEpochIsDroppedAndCounted) {
  const auto old = HandOut(1);
  table_.Drop(source_);
  EXPECT_EQ(Settle(table_, *old), 1U);
  table_.Assign(source_, table_.NextEpoch());
  const auto again = HandOut(1);
  EXPECT_EQ(Settle(table_, *old), 1U);
  EXPECT_EQ(table_.dropped(), 2U);
  EXPECT_EQ(Settle(table_, *again), 0U);
  EXPECT_EQ(Settle(table_, *again), 1U);
}

TEST_F(PartitionTableTest, AStartPositionIsToldAtOnce) {
  table_.StartAt(source_, 100);
  ASSERT_EQ(table_.Untold().size(), 1U);
  EXPECT_EQ(table_.Untold()[0].offset, 100);
}

TEST_F(PartitionTableTest, ATagOfNobodyIsDropped) {
  EXPECT_EQ(Settle(table_, {.epoch = epoch_, .source = 99, .position = 1}), 1U);
  EXPECT_EQ(Settle(table_, {.epoch = epoch_, .source = source_, .position = 1}), 1U);
}

}  // namespace
}  // namespace omnibus::kafka
