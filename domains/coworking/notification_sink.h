// Where notifications go: the way out to the users.
#pragma once

#include "absl/status/status.h"
#include "domains/coworking/events.h"
#include "omnibus/uuid.h"

namespace coworking {

struct Notification {
  omnibus::Uuid user_id = {};
  omnibus::Uuid booking_id = {};
  NotificationChannel channel = NotificationChannel::push;
  NotificationType type = NotificationType::booking_reminder;

  friend bool operator==(const Notification&, const Notification&) = default;
};

// Thread-safety: any thread, concurrently.
class NotificationSink {
 public:
  virtual ~NotificationSink() = default;

  // Returns once it was sent, or was not: an error that a retry can help (omnibus::CanRetry()) is
  // tried again, any other is for good.
  virtual absl::Status Send(const Notification& notification) = 0;
};

}  // namespace coworking
