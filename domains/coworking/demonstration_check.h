// What the demonstration's end state has to be.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "domains/coworking/activity_model.h"
#include "domains/coworking/booking_store.h"
#include "domains/coworking/notification_sink.h"
#include "domains/coworking/notification_store.h"
#include "domains/coworking/place_directory.h"
#include "omnibus/uuid.h"

namespace coworking {

// Its bookings, by story: "kept", "next", "late", "cancelled", "nowhere".
using Stories = std::map<std::string, Booking>;

// OK: reached, and right; kUnavailable: not yet; any other: wrong, and says what.
absl::Status CheckBookings(const Stories& stories, const std::vector<Booking>& bookings);
absl::Status CheckNotifications(const Stories& stories, const std::vector<Notification>& sent,
                                const ReminderCounts& counts);
absl::Status CheckReport(const Stories& stories, const std::map<omnibus::Uuid, Place>& places,
                         const ActivityReport& report);

}  // namespace coworking
