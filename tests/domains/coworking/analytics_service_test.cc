#include "domains/coworking/analytics_service.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/service_bench.h"

namespace coworking {
namespace {

using domain_testing::Id;
using domain_testing::ServiceBench;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kNowhere = 99;

Place In(std::uint32_t coworking, const std::string& zone) {
  Place place = {.coworking_id = Id(coworking)};
  EXPECT_TRUE(absl::LoadTimeZone(zone, &place.time_zone)) << zone;
  return place;
}

AnalyticsServiceOptions Options() {
  return {.places = {{Id(10), In(1, "Europe/Berlin")},
                     {Id(11), In(1, "Europe/Berlin")},
                     {Id(12), In(2, "Asia/Kolkata")},
                     {Id(13), In(3, "America/St_Johns")},
                     {Id(14), {.coworking_id = Id(4)}},
                     {Id(15), In(5, "Pacific/Kiritimati")}}};
}

BookingCreated At(std::uint32_t booking, std::uint32_t place, const std::string& start) {
  const omnibus::Timestamp time = *omnibus::ParseTimestamp(start);
  return {Id(booking), Id(1000), Id(place), time, {time.nanoseconds + 1}};
}

class CoworkingAnalyticsTest : public ::testing::Test {
 protected:
  ActivityReport Report() { return *service_.Report(); }

  // The hour that is recorded for a booking that starts then.
  int HourOf(std::uint32_t place, const std::string& start) {
    static std::uint32_t booking = 5000;
    EXPECT_TRUE(bench_.Deliver(At(++booking, place, start)).ok());
    const std::vector<std::string> lines = bench_.TakeEffectLines();
    if (lines.size() != 1) return -1;
    return std::stoi(lines[0].substr(lines[0].find("\"hour\":") + 7));
  }

  AnalyticsService service_{Options()};
  ServiceBench bench_{service_};
};

TEST_F(CoworkingAnalyticsTest, ABookingIsRecordedWithItsCoworkingAndLocalHour) {
  ASSERT_TRUE(bench_.Deliver(At(5, 10, "2025-01-01T13:00:00Z")).ok());
  EXPECT_THAT(
      bench_.TakeEffectLines(),
      ElementsAre("analytics.booking.recorded {\"booking_id\":\"" + omnibus::ToString(Id(5)) +
                  "\",\"coworking_id\":\"" + omnibus::ToString(Id(1)) + "\",\"hour\":14}"));
}

TEST_F(CoworkingAnalyticsTest, HoursAreLocal) {
  EXPECT_EQ(HourOf(10, "2025-01-01T23:30:00Z"), 0);
  EXPECT_EQ(HourOf(12, "2025-01-01T18:29:59.999999999Z"), 23);  // +05:30
  EXPECT_EQ(HourOf(12, "2025-01-01T18:30:00Z"), 0);
  EXPECT_EQ(HourOf(13, "2025-01-01T03:29:59Z"), 23);  // -03:30
  EXPECT_EQ(HourOf(13, "2025-01-01T03:30:00Z"), 0);
  EXPECT_EQ(HourOf(14, "2025-01-01T23:59:59Z"), 23);  // no zone: UTC
  EXPECT_EQ(HourOf(15, "2025-01-01T10:00:00Z"), 0);   // +14:00
}

TEST_F(CoworkingAnalyticsTest, HoursFollowSummerTime) {
  EXPECT_EQ(HourOf(10, "2025-01-15T12:00:00Z"), 13);
  EXPECT_EQ(HourOf(10, "2025-07-15T12:00:00Z"), 14);
  // The clock jumps from 2 to 3 on 30 March 2025 at 01:00 UTC...
  EXPECT_EQ(HourOf(10, "2025-03-30T00:59:59Z"), 1);
  EXPECT_EQ(HourOf(10, "2025-03-30T01:00:00Z"), 3);
  // ...and has 2 o'clock twice on 26 October.
  EXPECT_EQ(HourOf(10, "2025-10-26T00:30:00Z"), 2);
  EXPECT_EQ(HourOf(10, "2025-10-26T01:30:00Z"), 2);
  EXPECT_EQ(HourOf(10, "2025-10-26T02:00:00Z"), 3);
}

TEST_F(CoworkingAnalyticsTest, HoursBeforeTheEpochAreRightToo) {
  EXPECT_EQ(HourOf(14, "1969-12-31T23:59:59.5Z"), 23);
}

TEST_F(CoworkingAnalyticsTest, ABookingOfAnUnknownPlaceIsRefusedForGood) {
  const absl::Status status = bench_.Deliver(At(5, kNowhere, "2025-01-01T12:00:00Z"));
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(omnibus::ToString(Id(kNowhere))));
  EXPECT_THAT(bench_.TakeEffects(), IsEmpty());
  EXPECT_EQ(Report(), (ActivityReport{.unknown_places = 1}));
}

TEST_F(CoworkingAnalyticsTest, ABookingThatMakesNoSenseIsRefusedForGood) {
  BookingCreated booking = At(5, 10, "2025-01-01T12:00:00Z");
  booking.end_time = booking.start_time;
  EXPECT_TRUE(absl::IsInvalidArgument(bench_.Deliver(booking)));
  EXPECT_EQ(Report(), ActivityReport());
}

TEST_F(CoworkingAnalyticsTest, ReportsBookingsByHourAndCoworking) {
  ASSERT_TRUE(bench_.Deliver(At(5, 10, "2025-01-01T08:00:00Z")).ok());
  ASSERT_TRUE(bench_.Deliver(At(6, 11, "2025-01-02T08:59:00Z")).ok());  // another day and desk
  ASSERT_TRUE(bench_.Deliver(At(7, 10, "2025-01-01T07:00:00Z")).ok());
  ASSERT_TRUE(bench_.Deliver(At(8, 14, "2025-01-01T09:00:00Z")).ok());
  EXPECT_THAT(Report().bookings_by_hour,
              ElementsAre(HourCount{Id(1), 8, 1}, HourCount{Id(1), 9, 2}, HourCount{Id(4), 9, 1}));
  EXPECT_EQ(Report().bookings, 4);
}

TEST_F(CoworkingAnalyticsTest, RepeatsDoNotCount) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(bench_.Deliver(At(5, 10, "2025-01-01T08:00:00Z")).ok());
    ASSERT_TRUE(bench_.Deliver(BookingCancelled{Id(5), "ill"}).ok());
    ASSERT_TRUE(bench_.Deliver(BookingCompleted{Id(6)}).ok());
    ASSERT_TRUE(bench_.Deliver(NotificationSent{.user_id = Id(1000)}, Id(77)).ok());
  }
  EXPECT_EQ(Report(), (ActivityReport{.bookings_by_hour = {{Id(1), 9, 1}},
                                      .bookings = 1,
                                      .cancellations = 1,
                                      .completions = 1,
                                      .reminders_sent = 1}));
  // Under other keys the repeats were no effects to tell of.
  EXPECT_EQ(bench_.TakeEffects().size(), 1u);
}

TEST_F(CoworkingAnalyticsTest, ARepeatUnderItsKeyIsToldOfAgain) {
  // The handler runs again when what it published was not confirmed.
  ASSERT_TRUE(bench_.Deliver(At(5, 10, "2025-01-01T08:00:00Z"), Id(77)).ok());
  ASSERT_TRUE(bench_.Deliver(At(5, 10, "2025-01-01T08:00:00Z"), Id(77)).ok());
  EXPECT_EQ(bench_.TakeEffects().size(), 2u);
  EXPECT_EQ(Report().bookings, 1);
}

TEST_F(CoworkingAnalyticsTest, TheCompletionOfACancelledBookingDoesNotCount) {
  ASSERT_TRUE(bench_.Deliver(BookingCompleted{Id(5)}).ok());
  ASSERT_TRUE(bench_.Deliver(BookingCancelled{Id(5), "ill"}).ok());
  ASSERT_TRUE(bench_.Deliver(BookingCancelled{Id(6), "ill"}).ok());
  ASSERT_TRUE(bench_.Deliver(BookingCompleted{Id(6)}).ok());
  EXPECT_EQ(Report(), (ActivityReport{.cancellations = 2}));
}

TEST_F(CoworkingAnalyticsTest, RemindersOfOneUserAreToldApartByTheirKeys) {
  ASSERT_TRUE(bench_.Deliver(NotificationSent{.user_id = Id(1000)}, Id(77)).ok());
  ASSERT_TRUE(bench_.Deliver(NotificationSent{.user_id = Id(1000)}, Id(78)).ok());
  EXPECT_EQ(Report().reminders_sent, 2);
}

TEST_F(CoworkingAnalyticsTest, TheReportIsTheSameInWhateverOrderEventsCome) {
  using Step = std::function<absl::Status(ServiceBench&)>;
  const std::vector<Step> steps = {
      [](ServiceBench& bench) { return bench.Deliver(At(5, 10, "2025-01-01T08:00:00Z")); },
      [](ServiceBench& bench) {
        return bench.Deliver(BookingCancelled{Id(5), "ill"});
      },
      [](ServiceBench& bench) { return bench.Deliver(BookingCompleted{Id(5)}); },
      [](ServiceBench& bench) { return bench.Deliver(At(6, 10, "2025-01-01T08:30:00Z")); },
      [](ServiceBench& bench) { return bench.Deliver(BookingCompleted{Id(6)}); },
  };
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  do {
    AnalyticsService service(Options());
    ServiceBench bench(service);
    for (std::size_t step : order) ASSERT_TRUE(steps[step](bench).ok());
    ASSERT_EQ(*service.Report(), (ActivityReport{.bookings_by_hour = {{Id(1), 9, 2}},
                                                 .bookings = 2,
                                                 .cancellations = 1,
                                                 .completions = 1}));
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace coworking
