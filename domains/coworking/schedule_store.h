// Which bookings scheduler-service has set its timers for.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "omnibus/uuid.h"

namespace coworking {

// Each call is atomic. A database's errors are kUnavailable.
//
// Thread-safety: any thread, concurrently.
class ScheduleStore {
 public:
  virtual ~ScheduleStore() = default;

  // Whether the booking is new: of all calls for it, just the first is true.
  virtual absl::StatusOr<bool> Insert(const omnibus::Uuid& booking_id) = 0;
};

// Lives as long as the process, as its timers do.
std::shared_ptr<ScheduleStore> MakeMemoryScheduleStore();

}  // namespace coworking
