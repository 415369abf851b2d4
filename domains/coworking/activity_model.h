// What analytics-service knows of the coworkings: a read model, made of events in whatever order
// they come.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/uuid.h"

namespace coworking {

struct HourCount {
  omnibus::Uuid coworking_id = {};
  std::int32_t hour = 0;      // 0 to 23, local
  std::int64_t bookings = 0;  // that start in that hour, of any day, cancelled ones included

  friend bool operator==(const HourCount&, const HourCount&) = default;
};

struct ActivityReport {
  std::vector<HourCount> bookings_by_hour =
      {};                          // by coworking_id, then hour; none without bookings
  std::int64_t bookings = 0;       // all that were recorded
  std::int64_t cancellations = 0;  // bookings that were cancelled
  std::int64_t completions = 0;    // bookings that took place: completed, not cancelled
  std::int64_t reminders_sent = 0;
  std::int64_t unknown_places = 0;  // bookings that were not recorded for want of their place

  friend bool operator==(const ActivityReport&, const ActivityReport&) = default;
};

// Each call is atomic, and the same call again has no further effect. A database's errors are
// kUnavailable.
//
// Thread-safety: any thread, concurrently.
class ActivityModel {
 public:
  virtual ~ActivityModel() = default;

  // `key` names the effect. True when this effect is the one that recorded the booking, now or in
  // an earlier attempt; false when another one did.
  virtual absl::StatusOr<bool> RecordBooking(const omnibus::Uuid& booking_id,
                                             const omnibus::Uuid& coworking_id, std::int32_t hour,
                                             const omnibus::Uuid& key) = 0;
  virtual absl::Status RecordUnknownPlace(const omnibus::Uuid& booking_id) = 0;
  virtual absl::Status RecordCancellation(const omnibus::Uuid& booking_id) = 0;
  virtual absl::Status RecordCompletion(const omnibus::Uuid& booking_id) = 0;
  virtual absl::Status RecordReminder(const omnibus::Uuid& key) = 0;

  virtual absl::StatusOr<ActivityReport> Report() const = 0;
};

// Lives as long as the process.
std::shared_ptr<ActivityModel> MakeMemoryActivityModel();

}  // namespace coworking
