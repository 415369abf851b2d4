#include "domains/coworking/notification_store.h"

#include <map>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace coworking {
namespace {

class MemoryNotificationStore final : public NotificationStore {
 public:
  absl::Status Remember(const omnibus::Uuid& booking_id, const omnibus::Uuid& user_id) override {
    absl::MutexLock lock(&mu_);
    bookings_[booking_id].user_id = user_id;
    return absl::OkStatus();
  }

  absl::Status Cancel(const omnibus::Uuid& booking_id) override {
    absl::MutexLock lock(&mu_);
    bookings_[booking_id].cancelled = true;
    return absl::OkStatus();
  }

  absl::StatusOr<Reminder> Look(const omnibus::Uuid& booking_id, const omnibus::Uuid& user_id,
                                const omnibus::Uuid& key) override {
    absl::MutexLock lock(&mu_);
    const auto found = bookings_.find(booking_id);
    if (found == bookings_.end() ||
        (!found->second.user_id.has_value() && !found->second.cancelled)) {
      return absl::NotFoundError(
          absl::StrCat("booking ", omnibus::ToString(booking_id), " is not known"));
    }
    Known& booking = found->second;
    // What was sent was sent: a cancellation after it does not make it unsent.
    if (booking.sent_for.has_value()) {
      return *booking.sent_for == key ? Reminder::kSentBefore : Reminder::kDone;
    }
    if (booking.cancelled) {
      if (!booking.withheld) ++counts_.withheld;
      booking.withheld = true;
      return Reminder::kWithheld;
    }
    if (*booking.user_id != user_id) {
      return absl::FailedPreconditionError(absl::StrCat("booking ", omnibus::ToString(booking_id),
                                                        " is not user ", omnibus::ToString(user_id),
                                                        "'s"));
    }
    return Reminder::kDue;
  }

  absl::Status MarkSent(const omnibus::Uuid& booking_id, const omnibus::Uuid& key) override {
    absl::MutexLock lock(&mu_);
    Known& booking = bookings_[booking_id];
    if (!booking.sent_for.has_value()) ++counts_.sent;
    booking.sent_for = key;
    return absl::OkStatus();
  }

  absl::StatusOr<ReminderCounts> Counts() const override {
    absl::MutexLock lock(&mu_);
    return counts_;
  }

 private:
  struct Known {
    std::optional<omnibus::Uuid> user_id;  // nothing: just its cancellation has come
    bool cancelled = false;
    bool withheld = false;
    std::optional<omnibus::Uuid> sent_for;  // the key of the reminder that was sent
  };

  mutable absl::Mutex mu_;
  std::map<omnibus::Uuid, Known> bookings_ ABSL_GUARDED_BY(mu_);
  ReminderCounts counts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::shared_ptr<NotificationStore> MakeMemoryNotificationStore() {
  return std::make_shared<MemoryNotificationStore>();
}

}  // namespace coworking
