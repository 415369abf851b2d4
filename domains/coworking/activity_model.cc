#include "domains/coworking/activity_model.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace coworking {
namespace {

class MemoryActivityModel final : public ActivityModel {
 public:
  absl::StatusOr<bool> RecordBooking(const omnibus::Uuid& booking_id,
                                     const omnibus::Uuid& coworking_id, std::int32_t hour,
                                     const omnibus::Uuid& key) override {
    absl::MutexLock lock(&mu_);
    Activity& activity = bookings_[booking_id];
    if (activity.recorded_for.has_value()) return *activity.recorded_for == key;
    activity.recorded_for = key;
    activity.unknown_place = false;  // a directory that has learned of it
    ++hours_[{coworking_id, hour}];
    return true;
  }

  absl::Status RecordUnknownPlace(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    Activity& activity = bookings_[booking_id];
    activity.unknown_place = !activity.recorded_for.has_value();
    return absl::OkStatus();
  }

  absl::Status RecordCancellation(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    bookings_[booking_id].cancelled = true;
    return absl::OkStatus();
  }

  absl::Status RecordCompletion(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    bookings_[booking_id].completed = true;
    return absl::OkStatus();
  }

  absl::Status RecordReminder(const omnibus::Uuid& key) override {
    absl::MutexLock lock(&mu_);
    reminders_.insert(key);
    return absl::OkStatus();
  }

  absl::StatusOr<ActivityReport> Report() const override {
    absl::MutexLock lock(&mu_);
    ActivityReport report;
    for (const auto& [place_and_hour, bookings] : hours_) {
      report.bookings_by_hour.push_back({place_and_hour.first, place_and_hour.second, bookings});
    }
    for (const auto& [id, activity] : bookings_) {
      report.bookings += activity.recorded_for.has_value() ? 1 : 0;
      report.cancellations += activity.cancelled ? 1 : 0;
      report.completions += activity.completed && !activity.cancelled ? 1 : 0;
      report.unknown_places += activity.unknown_place ? 1 : 0;
    }
    report.reminders_sent = static_cast<std::int64_t>(reminders_.size());
    return report;
  }

 private:
  // What is known of one booking: its events may come in any order.
  struct Activity {
    std::optional<omnibus::Uuid> recorded_for;  // the key of the event that was recorded
    bool unknown_place = false;
    bool cancelled = false;
    bool completed = false;
  };

  mutable absl::Mutex mu_;
  std::map<omnibus::Uuid, Activity> bookings_ ABSL_GUARDED_BY(mu_);
  // By coworking and hour.
  std::map<std::pair<omnibus::Uuid, std::int32_t>, std::int64_t> hours_ ABSL_GUARDED_BY(mu_);
  std::set<omnibus::Uuid> reminders_ ABSL_GUARDED_BY(mu_);  // by their keys
};

}  // namespace

std::shared_ptr<ActivityModel> MakeMemoryActivityModel() {
  return std::make_shared<MemoryActivityModel>();
}

}  // namespace coworking
