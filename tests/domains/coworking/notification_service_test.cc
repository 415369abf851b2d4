#include "domains/coworking/notification_service.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/retry_policy.h"
#include "tests/domains/support/service_bench.h"

namespace coworking {
namespace {

using domain_testing::Id;
using domain_testing::ServiceBench;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeSink final : public NotificationSink {
 public:
  absl::Status Send(const Notification& notification) override {
    if (!answer.ok()) return answer;
    sent.push_back(notification);
    return absl::OkStatus();
  }

  std::vector<Notification> sent;
  absl::Status answer;
};

class NotificationServiceTest : public ::testing::Test {
 protected:
  static BookingCreated Created(std::uint32_t booking, std::uint32_t user) {
    return {Id(booking), Id(user), Id(3), {1'000'000'000}, {2'000'000'000}};
  }

  std::shared_ptr<FakeSink> sink_ = std::make_shared<FakeSink>();
  std::shared_ptr<NotificationStore> store_ = MakeMemoryNotificationStore();
  NotificationService service_{{}, sink_, store_};
  ServiceBench bench_{service_};
};

TEST_F(NotificationServiceTest, AReminderIsSentAndToldOf) {
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  EXPECT_THAT(sink_->sent, ElementsAre(Notification{.user_id = Id(1), .booking_id = Id(5)}));
  EXPECT_THAT(bench_.TakeEffectLines(),
              ElementsAre("notification.sent {\"user_id\":\"" + omnibus::ToString(Id(1)) +
                          "\",\"channel\":\"push\",\"type\":\"booking_reminder\"}"));
}

TEST_F(NotificationServiceTest, TheChannelIsASetting) {
  NotificationService service({.channel = NotificationChannel::email}, sink_);
  ServiceBench bench(service);
  ASSERT_TRUE(bench.Deliver(Created(5, 1)).ok());
  ASSERT_TRUE(bench.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  EXPECT_EQ(sink_->sent.at(0).channel, NotificationChannel::email);
  EXPECT_THAT(bench.TakeEffectLines().at(0), ::testing::HasSubstr("\"channel\":\"email\""));
}

TEST_F(NotificationServiceTest, NothingIsSentForACancelledBooking) {
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  ASSERT_TRUE(bench_.Deliver(BookingCancelled{Id(5), "ill"}).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  EXPECT_THAT(sink_->sent, IsEmpty());
  EXPECT_THAT(bench_.TakeEffects(), IsEmpty());
  EXPECT_EQ(*store_->Counts(), (ReminderCounts{.sent = 0, .withheld = 1}));
}

TEST_F(NotificationServiceTest, ABookingStaysCancelledInWhateverOrderItsEventsCome) {
  ASSERT_TRUE(bench_.Deliver(BookingCancelled{Id(5), "ill"}).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  EXPECT_THAT(sink_->sent, IsEmpty());
}

TEST_F(NotificationServiceTest, AReminderThatOvertakesItsBookingIsTriedAgain) {
  const absl::Status early = bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50));
  EXPECT_TRUE(omnibus::CanRetry(early)) << early;
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  EXPECT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50)).ok());
  EXPECT_EQ(sink_->sent.size(), 1u);
}

TEST_F(NotificationServiceTest, ARepeatUnderItsKeyIsNotSentAgainButToldOfAgain) {
  // The handler runs again when what it published was not confirmed.
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50)).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50)).ok());
  EXPECT_EQ(sink_->sent.size(), 1u);
  EXPECT_EQ(bench_.TakeEffects().size(), 2u);
}

TEST_F(NotificationServiceTest, ASecondReminderUnderAnotherKeyHasNoEffect) {
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50)).ok());
  ASSERT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(51)).ok());
  EXPECT_EQ(sink_->sent.size(), 1u);
  EXPECT_EQ(bench_.TakeEffects().size(), 1u);
}

TEST_F(NotificationServiceTest, WhatTheSinkCouldNotSendIsTriedAgain) {
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  sink_->answer = absl::UnavailableError("the push service is away");
  EXPECT_EQ(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50)), sink_->answer);
  sink_->answer = absl::OkStatus();
  EXPECT_TRUE(bench_.Deliver(ReminderTriggered{Id(5), Id(1)}, Id(50)).ok());
  EXPECT_EQ(sink_->sent.size(), 1u);
  EXPECT_EQ(bench_.TakeEffects().size(), 1u);
}

TEST_F(NotificationServiceTest, AReminderOfAnotherUsersBookingIsRefusedForGood) {
  ASSERT_TRUE(bench_.Deliver(Created(5, 1)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bench_.Deliver(ReminderTriggered{Id(5), Id(2)})));
  EXPECT_THAT(sink_->sent, IsEmpty());
}

TEST_F(NotificationServiceTest, ABookingThatMakesNoSenseIsRefusedForGood) {
  BookingCreated booking = Created(5, 1);
  booking.end_time = booking.start_time;
  EXPECT_TRUE(absl::IsInvalidArgument(bench_.Deliver(booking)));
}

TEST_F(NotificationServiceTest, WithoutASinkItWritesToTheLog) {
  NotificationService service;
  ServiceBench bench(service);
  ASSERT_TRUE(bench.Deliver(Created(5, 1)).ok());
  EXPECT_TRUE(bench.Deliver(ReminderTriggered{Id(5), Id(1)}).ok());
  EXPECT_EQ(bench.TakeEffects().size(), 1u);
}

}  // namespace
}  // namespace coworking
