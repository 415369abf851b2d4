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

class TwoChannels : public testing::Test {
 protected:
  // Bookings 1 and 2 come from one channel, the payment from another, all under one key.
  TwoChannels() {
    for (Delivery* each : {&booking_, &second_booking_, &payment_}) each->lane_key = 7;
    booking_.order_key = second_booking_.order_key = 70;
    payment_.order_key = 71;
    const std::array<Delivery*, 3> all = {&booking_, &second_booking_, &payment_};
    EXPECT_EQ(lane_.Add(all), 1u);
    EXPECT_EQ(lane_.Take(), &booking_);
  }

  Delivery booking_;
  Delivery second_booking_;
  Delivery payment_;
  Lane lane_;
};

TEST_F(TwoChannels, AKeyIsHandledOnceAtATime) { EXPECT_EQ(lane_.Take(), nullptr); }

TEST_F(TwoChannels, WhatPausesHoldsItsOwnChannelAlone) {
  EXPECT_TRUE(lane_.Pause(&booking_));
  EXPECT_EQ(lane_.Take(), &payment_);
  EXPECT_FALSE(lane_.End(&payment_));
  EXPECT_EQ(lane_.Take(), nullptr) << "the second booking has overtaken the first";
  EXPECT_TRUE(lane_.Continue(&booking_));
  EXPECT_EQ(lane_.Take(), &booking_);
  EXPECT_TRUE(lane_.End(&booking_));
  EXPECT_EQ(lane_.Take(), &second_booking_);
}

TEST_F(TwoChannels, WhatGoesOnWaitsForTheOtherChannelsHandler) {
  lane_.Pause(&booking_);
  EXPECT_EQ(lane_.Take(), &payment_);
  EXPECT_FALSE(lane_.Continue(&booking_));
  EXPECT_EQ(lane_.Take(), nullptr);
  EXPECT_TRUE(lane_.End(&payment_));
  EXPECT_EQ(lane_.Take(), &booking_);
}

TEST_F(TwoChannels, WhatArrivesBehindAPauseWaitsOrGoesByItsChannel) {
  lane_.Pause(&booking_);
  EXPECT_EQ(lane_.Take(), &payment_);
  lane_.End(&payment_);
  Delivery third_booking;
  third_booking.lane_key = 7;
  third_booking.order_key = 70;
  Delivery second_payment;
  second_payment.lane_key = 7;
  second_payment.order_key = 71;
  const std::array<Delivery*, 2> added = {&third_booking, &second_payment};
  EXPECT_EQ(lane_.Add(added), 1u);
  EXPECT_EQ(lane_.Take(), &second_payment);
}

}  // namespace
}  // namespace omnibus
