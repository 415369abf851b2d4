// What the values of bookings must be, beyond their types.
#pragma once

#include "absl/status/status.h"
#include "domains/coworking/events.h"
#include "omnibus/timestamp.h"

namespace coworking {

// A booking ends after it starts. kInvalidArgument: "end_time: must be after start_time (...)".
absl::Status CheckTimes(omnibus::Timestamp start_time, omnibus::Timestamp end_time);

// The same, said of an event.
absl::Status CheckEvent(const BookingCreated& event);

}  // namespace coworking
