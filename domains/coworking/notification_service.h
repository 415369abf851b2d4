// notification-service: reminds users of their bookings.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "domains/coworking/events.h"
#include "domains/coworking/notification_sink.h"
#include "domains/coworking/notification_store.h"
#include "omnibus/module.h"

namespace coworking {

struct NotificationServiceOptions {
  NotificationChannel channel = NotificationChannel::push;  // that all users are reached by
};

// Remembers who booked what, and sends nothing for a cancelled booking. A reminder that overtakes
// its booking.created (they come on two channels) is kUnavailable, and so is tried again.
//
// Thread-safety: any thread, concurrently.
class NotificationService final : public omnibus::Module {
 public:
  // Without a sink notifications are written to the log.
  explicit NotificationService(
      NotificationServiceOptions options = {}, std::shared_ptr<NotificationSink> sink = nullptr,
      std::shared_ptr<NotificationStore> store = MakeMemoryNotificationStore());

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;

 private:
  absl::Status OnCreated(const BookingCreated& event, omnibus::Context& context);
  absl::Status OnCancelled(const BookingCancelled& event, omnibus::Context& context);
  absl::Status OnReminder(const ReminderTriggered& event, omnibus::Context& context);

  const NotificationServiceOptions options_;
  std::shared_ptr<NotificationSink> sink_;  // constant once started
  const std::shared_ptr<NotificationStore> store_;
};

}  // namespace coworking
