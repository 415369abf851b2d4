// What notification-service remembers of bookings.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/uuid.h"

namespace coworking {

struct ReminderCounts {
  std::int64_t sent = 0;
  std::int64_t withheld = 0;  // of cancelled bookings

  friend bool operator==(const ReminderCounts&, const ReminderCounts&) = default;
};

// Each call is atomic, and the same call again has no further effect. A database's errors are
// kUnavailable.
//
// Thread-safety: any thread, concurrently.
class NotificationStore {
 public:
  enum class Reminder {
    kDue,         // send it, then MarkSent()
    kSentBefore,  // by an earlier attempt at the same effect: just tell of it again
    kDone,        // by another one: nothing is left to do
    kWithheld,    // the booking is cancelled
  };

  virtual ~NotificationStore() = default;

  virtual absl::Status Remember(const omnibus::Uuid& booking_id, const omnibus::Uuid& user_id) = 0;
  // A booking that is not known yet stays cancelled when it comes.
  virtual absl::Status Cancel(const omnibus::Uuid& booking_id) = 0;

  // What is to be done for a reminder. `key` names its effect. kNotFound: the booking is not known
  // yet; kFailedPrecondition: it is another user's.
  virtual absl::StatusOr<Reminder> Look(const omnibus::Uuid& booking_id,
                                        const omnibus::Uuid& user_id, const omnibus::Uuid& key) = 0;
  virtual absl::Status MarkSent(const omnibus::Uuid& booking_id, const omnibus::Uuid& key) = 0;

  virtual absl::StatusOr<ReminderCounts> Counts() const = 0;
};

// Lives as long as the process.
std::shared_ptr<NotificationStore> MakeMemoryNotificationStore();

}  // namespace coworking
