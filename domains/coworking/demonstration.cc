#include "domains/coworking/demonstration.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "domains/coworking/analytics_service.h"
#include "domains/coworking/booking_service.h"
#include "domains/coworking/demonstration_check.h"
#include "domains/coworking/notification_service.h"
#include "domains/coworking/scheduler_service.h"

namespace coworking {
namespace {

constexpr absl::Duration kLead = absl::Seconds(3);

// Some fixed UUID: the last two digits tell which.
omnibus::Uuid Numbered(std::uint8_t kind, std::uint8_t number) {
  omnibus::Uuid uuid = omnibus::RandomUuid(0, 0);
  uuid.data[14] = kind;
  uuid.data[15] = number;
  return uuid;
}

omnibus::Uuid User(std::uint8_t number) { return Numbered(1, number); }

const omnibus::Uuid kDesk = Numbered(2, 1);         // in Berlin
const omnibus::Uuid kMeetingRoom = Numbered(2, 2);  // in Tokyo
const omnibus::Uuid kNoPlace = Numbered(2, 99);

std::map<omnibus::Uuid, Place> Places() {
  Place desk = {.coworking_id = Numbered(3, 1)};
  Place room = {.coworking_id = Numbered(3, 2)};
  // A machine without time zones takes both as UTC, and so does the check.
  (void)absl::LoadTimeZone("Europe/Berlin", &desk.time_zone);
  (void)absl::LoadTimeZone("Asia/Tokyo", &room.time_zone);
  return {{kDesk, desk}, {kMeetingRoom, room}};
}

std::string_view Name(BookingStatus status) {
  switch (status) {
    case BookingStatus::created:
      return "created";
    case BookingStatus::cancelled:
      return "cancelled";
    case BookingStatus::completed:
      return "completed";
  }
  return "?";
}

class RecordingSink final : public NotificationSink {
 public:
  absl::Status Send(const Notification& notification) override {
    absl::MutexLock lock(&mu_);
    sent_.push_back(notification);
    return absl::OkStatus();
  }

  std::vector<Notification> sent() const {
    absl::MutexLock lock(&mu_);
    return sent_;
  }

 private:
  mutable absl::Mutex mu_;
  std::vector<Notification> sent_ ABSL_GUARDED_BY(mu_);
};

class CoworkingDemonstration final : public omnibus::Demonstration {
 public:
  std::vector<std::unique_ptr<omnibus::Module>> MakeModules() override {
    auto booking_service = std::make_unique<BookingService>(BookingServiceOptions(), bookings_);
    booking_service_ = booking_service.get();
    std::vector<std::unique_ptr<omnibus::Module>> modules;
    modules.push_back(std::move(booking_service));
    modules.push_back(
        std::make_unique<SchedulerService>(SchedulerServiceOptions{.reminder_lead = kLead}));
    modules.push_back(
        std::make_unique<NotificationService>(NotificationServiceOptions(), sink_, reminders_));
    modules.push_back(std::make_unique<AnalyticsService>(
        AnalyticsServiceOptions{.http = "", .places = places_}, activity_));
    return modules;
  }

  absl::Status Play(omnibus::Runtime& runtime) override;
  absl::Status Check() const override;
  std::vector<Table> State() const override;

 private:
  absl::StatusOr<Booking> Book(std::uint8_t user, const omnibus::Uuid& place_id, absl::Time start,
                               absl::Duration length) {
    return booking_service_->Book({.user_id = User(user),
                                   .place_id = place_id,
                                   .start_time = omnibus::ToTimestamp(start),
                                   .end_time = omnibus::ToTimestamp(start + length)});
  }

  absl::Status Tell(const std::string& story, absl::StatusOr<Booking> booking) {
    if (!booking.ok()) return booking.status();
    stories_[story] = *std::move(booking);
    return absl::OkStatus();
  }

  std::string StoryOf(const omnibus::Uuid& booking_id) const {
    for (const auto& [story, booking] : stories_) {
      if (booking.booking_id == booking_id) return story;
    }
    return "";
  }

  const std::map<omnibus::Uuid, Place> places_ = Places();
  const std::shared_ptr<BookingStore> bookings_ = MakeMemoryBookingStore();
  const std::shared_ptr<NotificationStore> reminders_ = MakeMemoryNotificationStore();
  const std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  const std::shared_ptr<ActivityModel> activity_ = MakeMemoryActivityModel();
  BookingService* booking_service_ = nullptr;  // the bus owns it
  Stories stories_;                            // complete once Play() has returned
};

absl::Status CoworkingDemonstration::Play(omnibus::Runtime& runtime) {
  const absl::Time now = runtime.WallTime();
  const absl::Time start = now + absl::Seconds(5);
  const absl::Duration length = absl::Seconds(1);

  // The reminder's time is over when it is booked, its start is not: the reminder comes at once.
  absl::Status status = Tell("late", Book(1, kMeetingRoom, now + absl::Milliseconds(2500), length));
  if (status.ok()) status = Tell("kept", Book(2, kDesk, start, length));
  if (!status.ok()) return status;
  if (!absl::IsAlreadyExists(Book(3, kDesk, start + length / 2, length).status())) {
    return absl::FailedPreconditionError("coworking: one place was booked twice");
  }
  // It begins as the other ends.
  status = Tell("next", Book(3, kDesk, start + length, length / 2));
  if (status.ok()) status = Tell("cancelled", Book(4, kMeetingRoom, start, length));
  if (!status.ok()) return status;
  status = booking_service_->Cancel(stories_["cancelled"].booking_id, "the train is late").status();
  if (!status.ok()) return status;
  // Analytics refuses it: it goes to dead letters. All others do not care where it is.
  return Tell("nowhere", Book(5, kNoPlace, now + absl::Seconds(4), length / 2));
}

absl::Status CoworkingDemonstration::Check() const {
  absl::StatusOr<std::vector<Booking>> bookings = bookings_->List();
  if (!bookings.ok()) return bookings.status();
  absl::StatusOr<ReminderCounts> reminders = reminders_->Counts();
  if (!reminders.ok()) return reminders.status();
  absl::StatusOr<ActivityReport> report = activity_->Report();
  if (!report.ok()) return report.status();

  // What is wrong goes before what is not there yet.
  absl::Status not_yet;
  for (const absl::Status& status :
       {CheckBookings(stories_, *bookings), CheckNotifications(stories_, sink_->sent(), *reminders),
        CheckReport(stories_, places_, *report)}) {
    if (!status.ok() && !absl::IsUnavailable(status)) return status;
    if (!status.ok()) not_yet = status;
  }
  return not_yet;
}

std::vector<omnibus::Demonstration::Table> CoworkingDemonstration::State() const {
  Table bookings = {"coworking: bookings", {"booking", "start", "end", "status", "story"}, {}};
  for (const Booking& booking : bookings_->List().value_or(std::vector<Booking>())) {
    bookings.rows.push_back({omnibus::ToString(booking.booking_id),
                             omnibus::ToString(booking.start_time),
                             omnibus::ToString(booking.end_time), std::string(Name(booking.status)),
                             StoryOf(booking.booking_id)});
  }
  Table reminders = {"coworking: reminders sent", {"booking", "user", "by", "story"}, {}};
  for (const Notification& sent : sink_->sent()) {
    reminders.rows.push_back({omnibus::ToString(sent.booking_id), omnibus::ToString(sent.user_id),
                              sent.channel == NotificationChannel::push ? "push" : "email",
                              StoryOf(sent.booking_id)});
  }
  const ActivityReport report = activity_->Report().value_or(ActivityReport());
  Table hours = {"coworking: bookings by local hour", {"coworking", "hour", "bookings"}, {}};
  for (const HourCount& hour : report.bookings_by_hour) {
    hours.rows.push_back({omnibus::ToString(hour.coworking_id), absl::StrCat(hour.hour),
                          absl::StrCat(hour.bookings)});
  }
  Table totals = {
      "coworking: totals",
      {"bookings", "cancelled", "completed", "reminders sent", "withheld", "unknown places"},
      {}};
  totals.rows.push_back({absl::StrCat(report.bookings), absl::StrCat(report.cancellations),
                         absl::StrCat(report.completions), absl::StrCat(report.reminders_sent),
                         absl::StrCat(reminders_->Counts().value_or(ReminderCounts()).withheld),
                         absl::StrCat(report.unknown_places)});
  return {std::move(bookings), std::move(reminders), std::move(hours), std::move(totals)};
}

}  // namespace

std::unique_ptr<omnibus::Demonstration> MakeDemonstration() {
  return std::make_unique<CoworkingDemonstration>();
}

}  // namespace coworking
