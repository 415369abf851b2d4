#include "domains/coworking/notification_service.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "domains/coworking/rules.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/log.h"

namespace coworking {
namespace {

class LogSink final : public NotificationSink {
 public:
  explicit LogSink(spdlog::logger& log) : log_(&log) {}

  absl::Status Send(const Notification& notification) override {
    const char* const channel =
        notification.channel == NotificationChannel::push ? "push" : "email";
    const std::string line =
        absl::StrCat("notification-service: reminds user ", omnibus::ToString(notification.user_id),
                     " of booking ", omnibus::ToString(notification.booking_id), " by ", channel);
    omnibus::LogInfo(*log_, line);
    return absl::OkStatus();
  }

 private:
  spdlog::logger* log_;
};

}  // namespace

NotificationService::NotificationService(NotificationServiceOptions options,
                                         std::shared_ptr<NotificationSink> sink,
                                         std::shared_ptr<NotificationStore> store)
    : Module(kCoworking, "notification-service"),
      options_(options),
      sink_(std::move(sink)),
      store_(std::move(store)) {}

void NotificationService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &NotificationService::OnCreated);
  module.Handles(this, &NotificationService::OnCancelled);
  module.Handles(this, &NotificationService::OnReminder);
  module.Publishes<NotificationSent>();
}

absl::Status NotificationService::Start(omnibus::ModuleHost& host) {
  if (sink_ == nullptr) sink_ = std::make_shared<LogSink>(host.log());
  return absl::OkStatus();
}

absl::Status NotificationService::OnCreated(const BookingCreated& event, omnibus::Context&) {
  if (absl::Status status = CheckEvent(event); !status.ok()) return status;
  return store_->Remember(event.booking_id, event.user_id);
}

absl::Status NotificationService::OnCancelled(const BookingCancelled& event, omnibus::Context&) {
  return store_->Cancel(event.booking_id);
}

absl::Status NotificationService::OnReminder(const ReminderTriggered& event,
                                             omnibus::Context& context) {
  const omnibus::Uuid& key = context.metadata().idempotency_key;
  absl::StatusOr<NotificationStore::Reminder> reminder =
      store_->Look(event.booking_id, event.user_id, key);
  if (absl::IsNotFound(reminder.status())) {
    return absl::UnavailableError(
        absl::StrCat(reminder.status().message(), " yet: its booking.created has not come"));
  }
  if (!reminder.ok()) return reminder.status();

  switch (*reminder) {
    case NotificationStore::Reminder::kWithheld:
    case NotificationStore::Reminder::kDone:
      return absl::OkStatus();
    case NotificationStore::Reminder::kDue: {
      const Notification notification = {
          .user_id = event.user_id, .booking_id = event.booking_id, .channel = options_.channel};
      if (absl::Status status = sink_->Send(notification); !status.ok()) return status;
      if (absl::Status status = store_->MarkSent(event.booking_id, key); !status.ok()) {
        return status;
      }
      break;
    }
    case NotificationStore::Reminder::kSentBefore:
      break;
  }
  return context.Publish(NotificationSent{.user_id = event.user_id,
                                          .channel = options_.channel,
                                          .type = NotificationType::booking_reminder});
}

}  // namespace coworking
