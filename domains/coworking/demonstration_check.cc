#include "domains/coworking/demonstration_check.h"

#include <cstdint>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "omnibus/timestamp.h"

namespace coworking {
namespace {

constexpr char kCancelled[] = "cancelled";
constexpr char kNowhere[] = "nowhere";  // a place that analytics does not know

absl::Status Wrong(const std::string& what) {
  return absl::FailedPreconditionError("coworking: " + what);
}

absl::Status NotYet(const std::string& what) {
  return absl::UnavailableError("coworking: " + what);
}

}  // namespace

absl::Status CheckBookings(const Stories& stories, const std::vector<Booking>& bookings) {
  if (bookings.size() != stories.size()) {
    return Wrong(absl::StrCat(bookings.size(), " bookings instead of ", stories.size()));
  }
  std::map<omnibus::Uuid, BookingStatus> ends;
  for (const Booking& booking : bookings) ends[booking.booking_id] = booking.status;
  for (const auto& [story, booking] : stories) {
    const auto end = ends.find(booking.booking_id);
    if (end == ends.end()) return Wrong("the booking \"" + story + "\" is gone");
    if (story == kCancelled) {
      if (end->second != BookingStatus::cancelled) return Wrong("a cancellation was undone");
    } else if (end->second == BookingStatus::created) {
      return NotYet("the booking \"" + story + "\" is not completed");
    } else if (end->second != BookingStatus::completed) {
      return Wrong("the booking \"" + story + "\" was cancelled by nobody");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNotifications(const Stories& stories, const std::vector<Notification>& sent,
                                const ReminderCounts& counts) {
  std::set<omnibus::Uuid> reminded;
  for (const Notification& notification : sent) {
    if (!reminded.insert(notification.booking_id).second) {
      return Wrong("a user was reminded twice of one booking");
    }
  }
  for (const auto& [story, booking] : stories) {
    const bool was_reminded = reminded.erase(booking.booking_id) > 0;
    if (story == kCancelled && was_reminded)
      return Wrong("a cancelled booking's user was reminded");
    if (story != kCancelled && !was_reminded) {
      return NotYet("the user of \"" + story + "\" was not reminded");
    }
  }
  if (!reminded.empty()) return Wrong("a reminder of a booking that nobody made");
  if (counts.withheld < 1) return NotYet("the cancelled booking's reminder has not come");
  return absl::OkStatus();
}

absl::Status CheckReport(const Stories& stories, const std::map<omnibus::Uuid, Place>& places,
                         const ActivityReport& report) {
  const auto kept = static_cast<std::int64_t>(stories.size()) - 1;  // all but the cancelled one
  if (report.bookings < kept || report.cancellations < 1 || report.completions < kept ||
      report.reminders_sent < kept || report.unknown_places < 1) {
    return NotYet("analytics has not heard of everything");
  }
  std::map<std::pair<omnibus::Uuid, std::int32_t>, std::int64_t> hours;
  for (const auto& [story, booking] : stories) {
    if (story == kNowhere) continue;
    const Place& place = places.at(booking.place_id);
    const absl::Time start = omnibus::ToTime(booking.start_time);
    ++hours[{place.coworking_id,
             static_cast<std::int32_t>(absl::ToCivilHour(start, place.time_zone).hour())}];
  }
  ActivityReport expected = {.bookings_by_hour = {},
                             .bookings = kept,  // without the one of no known place
                             .cancellations = 1,
                             .completions = kept,
                             .reminders_sent = kept,
                             .unknown_places = 1};
  for (const auto& [place_and_hour, count] : hours) {
    expected.bookings_by_hour.push_back({place_and_hour.first, place_and_hour.second, count});
  }
  if (report != expected) return Wrong("analytics does not report what happened");
  return absl::OkStatus();
}

}  // namespace coworking
