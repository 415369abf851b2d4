// The coworking's whole story: a booking that takes place, one that is cancelled, one of a place
// that analytics does not know.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domains/coworking/analytics_service.h"
#include "domains/coworking/booking_service.h"
#include "domains/coworking/notification_service.h"
#include "domains/coworking/scheduler_service.h"
#include "tests/domains/support/service_bench.h"
#include "tests/domains/support/story.h"

namespace domain_testing {
namespace {

using coworking::BookingStatus;

constexpr std::uint32_t kDesk = 10;
constexpr std::uint32_t kRoom = 11;
constexpr std::uint32_t kNowhere = 12;

class SilentSink final : public coworking::NotificationSink {
 public:
  absl::Status Send(const coworking::Notification&) override { return absl::OkStatus(); }
};

class CoworkingStory final : public Story {
 public:
  std::string name() const override { return "coworking"; }

  std::vector<std::unique_ptr<omnibus::Module>> MakeModules() override {
    auto bookings =
        std::make_unique<coworking::BookingService>(coworking::BookingServiceOptions(), bookings_);
    booking_service_ = bookings.get();
    std::vector<std::unique_ptr<omnibus::Module>> modules;
    modules.push_back(std::move(bookings));
    modules.push_back(std::make_unique<coworking::SchedulerService>(
        coworking::SchedulerServiceOptions{.reminder_lead = absl::Seconds(1)}));
    modules.push_back(std::make_unique<coworking::NotificationService>(
        coworking::NotificationServiceOptions(), std::make_shared<SilentSink>(), reminders_));
    modules.push_back(std::make_unique<coworking::AnalyticsService>(
        coworking::AnalyticsServiceOptions{.http = "",
                                           .places = {{Id(kDesk), {.coworking_id = Id(20)}},
                                                      {Id(kRoom), {.coworking_id = Id(21)}}}},
        activity_));
    return modules;
  }

  absl::Status Play(Flow& flow) override {
    // Enough until the reminder for the bookings to be known everywhere.
    const absl::Time start = omnibus::SystemRuntime().WallTime() + absl::Seconds(3);
    for (const auto& [story, place] : std::map<std::string, std::uint32_t>{
             {"kept", kDesk}, {"cancelled", kRoom}, {"nowhere", kNowhere}}) {
      const omnibus::Uuid chain = NewChain();
      flow.Name(chain, story);
      absl::StatusOr<coworking::Booking> booking =
          booking_service_->Book({Id(1), Id(place), omnibus::ToTimestamp(start),
                                  omnibus::ToTimestamp(start + absl::Seconds(1))},
                                 chain);
      if (!booking.ok()) return booking.status();
      ids_[story] = booking->booking_id;
    }
    const omnibus::Uuid chain = NewChain();
    flow.Name(chain, "cancellation");
    return booking_service_->Cancel(ids_["cancelled"], "ill", chain).status();
  }

  std::vector<std::string> Published() const override {
    std::vector<std::string> lines = {
        "kept: analytics.booking.recorded, by booking.created",
        "kept: notification.sent, by scheduler.reminder.triggered",
        "nowhere: notification.sent, by scheduler.reminder.triggered",
        "cancelled: analytics.booking.recorded, by booking.created",
        "cancellation: booking.cancelled, by nothing",
    };
    for (const std::string story : {"kept", "cancelled", "nowhere"}) {
      lines.push_back(story + ": booking.created, by nothing");
      lines.push_back(story + ": scheduler.reminder.triggered, by booking.created");
      lines.push_back(story + ": booking.completed, by booking.created");
    }
    return lines;
  }

  std::vector<std::string> Handled() const override {
    std::vector<std::string> lines = {
        "kept: booking.created -> analytics-service OK",
        "cancelled: booking.created -> analytics-service OK",
        "nowhere: booking.created -> analytics-service NOT_FOUND",
        "kept: notification.sent -> analytics-service OK",
        "nowhere: notification.sent -> analytics-service OK",
        "cancellation: booking.cancelled -> analytics-service OK",
        "cancellation: booking.cancelled -> notification-service OK",
    };
    for (const std::string story : {"kept", "cancelled", "nowhere"}) {
      lines.push_back(story + ": booking.created -> notification-service OK");
      lines.push_back(story + ": booking.created -> scheduler-service OK");
      lines.push_back(story + ": scheduler.reminder.triggered -> notification-service OK");
      lines.push_back(story + ": booking.completed -> analytics-service OK");
      lines.push_back(story + ": booking.completed -> booking-service OK");
    }
    return lines;
  }

  std::vector<std::string> DeadLetters() const override {
    return {"coworking/analytics-service booking.events NOT_FOUND"};
  }

  std::vector<std::string> MemberNames() const override {
    return {"booking_id", "user_id", "place_id", "start_time", "coworking_id", "hour"};
  }

  absl::Status CheckState() const override {
    const std::map<std::string, BookingStatus> ends = {{"kept", BookingStatus::completed},
                                                       {"cancelled", BookingStatus::cancelled},
                                                       {"nowhere", BookingStatus::completed}};
    for (const auto& [story, end] : ends) {
      const auto id = ids_.find(story);
      if (id == ids_.end()) return absl::InternalError(story + " was not played");
      absl::StatusOr<coworking::Booking> booking = bookings_->Find(id->second);
      if (!booking.ok()) return booking.status();
      if (booking->status != end) return absl::InternalError(story + " has not ended as it should");
    }
    if (*reminders_->Counts() != coworking::ReminderCounts{.sent = 2, .withheld = 1}) {
      return absl::InternalError("the reminders are wrong");
    }
    coworking::ActivityReport report = *activity_->Report();
    if (report.bookings_by_hour.size() != 2) return absl::InternalError("the hours are wrong");
    report.bookings_by_hour.clear();
    if (report != coworking::ActivityReport{.bookings = 2,
                                            .cancellations = 1,
                                            .completions = 2,
                                            .reminders_sent = 2,
                                            .unknown_places = 1}) {
      return absl::InternalError("the report is wrong");
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<coworking::BookingStore> bookings_ = coworking::MakeMemoryBookingStore();
  const std::shared_ptr<coworking::NotificationStore> reminders_ =
      coworking::MakeMemoryNotificationStore();
  const std::shared_ptr<coworking::ActivityModel> activity_ = coworking::MakeMemoryActivityModel();
  coworking::BookingService* booking_service_ = nullptr;
  std::map<std::string, omnibus::Uuid> ids_;
};

}  // namespace

std::unique_ptr<Story> MakeCoworkingStory() { return std::make_unique<CoworkingStory>(); }

}  // namespace domain_testing
