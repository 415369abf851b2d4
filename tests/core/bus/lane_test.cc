#include "bus/lane.h"

#include <array>

#include "gtest/gtest.h"

namespace omnibus {
namespace {

TEST(Lane, OnlyOneOfAKeyIsReadyAtATime) {
  std::array<Delivery, 3> all;
  all[0].lane_key = all[1].lane_key = 7;
  all[2].lane_key = 8;
  Lane lane;
  const std::array<Delivery*, 3> added = {&all[0], &all[1], &all[2]};
  EXPECT_EQ(lane.Add(added), 2u);
  EXPECT_EQ(lane.Take(), &all[0]);
  EXPECT_EQ(lane.Take(), &all[2]);
  EXPECT_EQ(lane.Take(), nullptr);
  EXPECT_TRUE(lane.End(&all[0]));
  EXPECT_EQ(lane.Take(), &all[1]);
  EXPECT_FALSE(lane.End(&all[1]));
}

TEST(Lane, WhatHasNoKeyWaitsForNothing) {
  std::array<Delivery, 2> all;
  Lane lane;
  const std::array<Delivery*, 2> added = {&all[0], &all[1]};
  EXPECT_EQ(lane.Add(added), 2u);
  EXPECT_FALSE(lane.End(&all[0]));
}

TEST(Lane, WhatHasBegunGoesOnFirst) {
  std::array<Delivery, 2> all;
  Lane lane;
  const std::array<Delivery*, 2> added = {&all[0], &all[1]};
  lane.Add(added);
  Delivery* begun = lane.Take();
  lane.Resume(begun);
  EXPECT_EQ(lane.Take(), begun);
}

}  // namespace
}  // namespace omnibus
