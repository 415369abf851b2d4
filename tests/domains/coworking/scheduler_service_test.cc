#include "domains/coworking/scheduler_service.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/service_bench.h"

namespace coworking {
namespace {

using domain_testing::Id;
using domain_testing::Sent;
using domain_testing::ServiceBench;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SchedulerServiceTest : public ::testing::Test {
 protected:
  absl::Time At(double minutes) { return now_ + absl::Minutes(minutes); }

  BookingCreated Booking(std::uint32_t id, double from, double to) {
    return {Id(id), Id(1), Id(2), omnibus::ToTimestamp(At(from)), omnibus::ToTimestamp(At(to))};
  }

  // The types of what the timers have published by then.
  std::vector<std::string> By(double minutes) {
    EXPECT_TRUE(bench_.RunTimersUntil(At(minutes)).ok());
    std::vector<std::string> types;
    for (const Sent& sent : bench_.TakeEffects()) types.push_back(sent.type);
    return types;
  }

  SchedulerService service_{{.reminder_lead = absl::Minutes(15)}};
  ServiceBench bench_{service_};
  const absl::Time now_ = bench_.bench_runtime().WallTime();
};

TEST_F(SchedulerServiceTest, RemindsALeadBeforeTheStartAndCompletesAtTheEnd) {
  ASSERT_TRUE(bench_.Deliver(Booking(5, 60, 120)).ok());
  EXPECT_THAT(By(44.9), IsEmpty());
  ASSERT_TRUE(bench_.RunTimersUntil(At(45)).ok());
  EXPECT_THAT(
      bench_.TakeEffectLines(),
      ElementsAre("scheduler.reminder.triggered {\"booking_id\":\"" + omnibus::ToString(Id(5)) +
                  "\",\"user_id\":\"" + omnibus::ToString(Id(1)) + "\"}"));
  EXPECT_THAT(By(119.9), IsEmpty());
  ASSERT_TRUE(bench_.RunTimersUntil(At(120)).ok());
  EXPECT_THAT(bench_.TakeEffectLines(), ElementsAre("booking.completed {\"booking_id\":\"" +
                                                    omnibus::ToString(Id(5)) + "\"}"));
  EXPECT_EQ(bench_.pending(), 0u);
}

TEST_F(SchedulerServiceTest, TheLeadIsFifteenMinutesWhenNobodySaysOtherwise) {
  EXPECT_EQ(SchedulerServiceOptions().reminder_lead, absl::Minutes(15));
}

TEST_F(SchedulerServiceTest, AReminderWhoseTimeIsOverComesAtOnceIfTheStartIsNot) {
  ASSERT_TRUE(bench_.Deliver(Booking(5, 10, 120)).ok());
  EXPECT_THAT(By(0), ElementsAre("scheduler.reminder.triggered"));
}

TEST_F(SchedulerServiceTest, NoReminderWhenTheStartIsOver) {
  ASSERT_TRUE(bench_.Deliver(Booking(5, -1, 120)).ok());
  ASSERT_TRUE(bench_.Deliver(Booking(6, 0, 120)).ok());
  EXPECT_THAT(By(119), IsEmpty());
  EXPECT_THAT(By(120), ElementsAre("booking.completed", "booking.completed"));
}

TEST_F(SchedulerServiceTest, ABookingThatIsOverIsCompletedAtOnce) {
  ASSERT_TRUE(bench_.Deliver(Booking(5, -120, -60)).ok());
  EXPECT_THAT(By(0), ElementsAre("booking.completed"));
}

TEST_F(SchedulerServiceTest, ARepeatedBookingSetsNoSecondTimers) {
  ASSERT_TRUE(bench_.Deliver(Booking(5, 60, 120)).ok());
  ASSERT_TRUE(bench_.Deliver(Booking(5, 60, 120)).ok());
  EXPECT_EQ(bench_.pending(), 2u);
  EXPECT_THAT(By(200), ElementsAre("scheduler.reminder.triggered", "booking.completed"));
  ASSERT_TRUE(bench_.Deliver(Booking(5, 60, 120)).ok());
  EXPECT_THAT(By(300), IsEmpty());
}

TEST_F(SchedulerServiceTest, ABookingThatMakesNoSenseIsRefusedForGood) {
  for (double end : {60.0, 0.0}) {
    const absl::Status status = bench_.Deliver(Booking(5, 60, end));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("payload.end_time"));
  }
  EXPECT_EQ(bench_.pending(), 0u);
}

TEST_F(SchedulerServiceTest, SurvivesABurstOfTenThousandBookings) {
  constexpr std::uint32_t kBookings = 10'000;
  for (std::uint32_t i = 0; i < kBookings; ++i) {
    ASSERT_TRUE(bench_.Deliver(Booking(1000 + i, 60 + i * 0.001, 120 + i * 0.001)).ok());
  }
  EXPECT_EQ(bench_.pending(), 2 * kBookings);
  ASSERT_TRUE(bench_.RunTimersUntil(At(1000)).ok());
  std::map<std::string, std::map<std::string, int>> times;  // by type and payload
  for (const Sent& sent : bench_.TakeEffects()) ++times[sent.type][sent.payload];
  ASSERT_EQ(times.size(), 2u);
  for (const auto& [type, payloads] : times) {
    EXPECT_EQ(payloads.size(), kBookings) << type;
    for (const auto& [payload, count] : payloads) EXPECT_EQ(count, 1) << payload;
  }
}

}  // namespace
}  // namespace coworking
