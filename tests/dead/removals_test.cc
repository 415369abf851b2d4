#include "dead/removals.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace omnibus::dead {
namespace {

bool Add(Removals& removals, const std::string& text, bool of_a_letter = false) {
  ReceivedMessage message;
  message.headers.push_back({kRemovedHeader, text});
  if (of_a_letter) message.headers.push_back({"dead_channel", "x"});
  return removals.Add(message);
}

TEST(RemovalsTest, WhatIsWrittenIsRead) {
  const std::vector<Place> places = {{0, 4}, {0, 5}, {0, 6}, {0, 9}, {2, 10}, {2, 11}};
  const std::string text = FormatRemoved(places);
  EXPECT_EQ(text, "0:4-6,0:9,2:10-11");
  Removals removals;
  EXPECT_TRUE(Add(removals, text));
  for (const Place& place : places) EXPECT_TRUE(removals.Contains(place));
  for (const Place& place : {Place{0, 3}, Place{0, 7}, Place{0, 8}, Place{0, 10}, Place{1, 4},
                             Place{2, 9}, Place{2, 12}}) {
    EXPECT_FALSE(removals.Contains(place)) << place.partition << ":" << place.offset;
  }
}

TEST(RemovalsTest, RangesThatOverlapAreOne) {
  Removals removals;
  for (const char* text : {"0:5-9", "0:1-6", "0:20", "0:9-12", "0:3"}) Add(removals, text);
  for (std::int64_t offset = 1; offset <= 12; ++offset) {
    EXPECT_TRUE(removals.Contains({0, offset})) << offset;
  }
  EXPECT_FALSE(removals.Contains({0, 0}));
  EXPECT_FALSE(removals.Contains({0, 13}));
  EXPECT_TRUE(removals.Contains({0, 20}));
}

TEST(RemovalsTest, WhatCannotBeReadRemovesNothing) {
  for (const char* text : {"", "x", "0", "0:", "0:x", "0:2-1", "0:-1", "-1:3", "0:1,", "0:1,y",
                           "0:1-2-3", "0:99999999999999999999"}) {
    Removals removals;
    EXPECT_TRUE(Add(removals, text)) << text;
    for (std::int64_t offset = 0; offset < 4; ++offset) {
      EXPECT_FALSE(removals.Contains({0, offset})) << text;
    }
  }
}

TEST(RemovalsTest, ADeadLetterThatLooksLikeOneRemovesNothing) {
  Removals removals;
  EXPECT_FALSE(Add(removals, "0:0-9", /*of_a_letter=*/true));
  EXPECT_FALSE(removals.Contains({0, 1}));
  EXPECT_FALSE(removals.Add(ReceivedMessage()));
}

}  // namespace
}  // namespace omnibus::dead
