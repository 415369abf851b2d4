#include "omnibus/watermark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <vector>

namespace omnibus {
namespace {

TEST(Watermark, StartsWhereReadingStarts) { EXPECT_EQ(Watermark(7).Position(), 7); }

TEST(Watermark, StaysBeforeTheFirstUnfinishedOne) {
  Watermark mark(0);
  for (int i = 0; i < 4; ++i) mark.Received(i);
  EXPECT_TRUE(mark.Settle(1));
  EXPECT_TRUE(mark.Settle(2));
  EXPECT_EQ(mark.Position(), 0);
  EXPECT_EQ(mark.unfinished(), 2u);
  EXPECT_EQ(mark.SettledAhead(), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(mark.Settle(0));
  EXPECT_TRUE(mark.SettledAhead().empty());
  EXPECT_EQ(mark.Position(), 3);
  EXPECT_TRUE(mark.Settle(3));
  EXPECT_EQ(mark.Position(), 4);
  EXPECT_EQ(mark.unfinished(), 0u);
}

TEST(Watermark, TakesGaps) {
  Watermark mark(10);
  mark.Received(10);
  mark.Received(15);
  mark.Received(100);
  EXPECT_TRUE(mark.Settle(10));
  EXPECT_GE(mark.Position(), 11);
  EXPECT_LE(mark.Position(), 15);
  EXPECT_TRUE(mark.Settle(100));
  EXPECT_TRUE(mark.Settle(15));
  EXPECT_EQ(mark.Position(), 101);
}

TEST(Watermark, RefusesWhatIsSettledOrWasNeverHandedOut) {
  Watermark mark(0);
  mark.Received(0);
  mark.Received(2);
  EXPECT_FALSE(mark.Settle(1));
  EXPECT_FALSE(mark.Settle(3));
  EXPECT_FALSE(mark.Settle(-1));
  EXPECT_TRUE(mark.Settle(2));
  EXPECT_FALSE(mark.Settle(2));
  EXPECT_TRUE(mark.Settle(0));
  EXPECT_FALSE(mark.Settle(0));
}

TEST(Watermark, NeverPassesAnUnfinishedOneInAnyOrder) {
  std::mt19937 random(1);  // NOLINT: the same orders each time
  for (int round = 0; round < 50; ++round) {
    Watermark mark(0);
    std::vector<std::int64_t> positions;
    for (std::int64_t at = 0; positions.size() < 100; at += 1 + (random() % 5 == 0 ? 3 : 0)) {
      positions.push_back(at);
      mark.Received(at);
    }
    std::set<std::int64_t> unfinished(positions.begin(), positions.end());
    std::shuffle(positions.begin(), positions.end(), random);
    for (std::int64_t position : positions) {
      ASSERT_TRUE(mark.Settle(position));
      unfinished.erase(position);
      if (!unfinished.empty()) {
        ASSERT_LE(mark.Position(), *unfinished.begin());
      }
      ASSERT_EQ(mark.unfinished(), unfinished.size());
    }
    EXPECT_EQ(mark.Position(), *std::max_element(positions.begin(), positions.end()) + 1);
  }
}

}  // namespace
}  // namespace omnibus
