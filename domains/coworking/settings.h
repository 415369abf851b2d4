// The services' settings: `modules.<name>.settings`.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "domains/coworking/analytics_service.h"
#include "domains/coworking/booking_service.h"
#include "domains/coworking/notification_service.h"
#include "domains/coworking/scheduler_service.h"
#include "omnibus/configuration.h"

namespace coworking {

// `path` names the settings in errors. kInvalidArgument with the place of each error.
absl::StatusOr<BookingServiceOptions> ReadBookingSettings(const omnibus::Setting& settings,
                                                          const std::string& path);
absl::StatusOr<SchedulerServiceOptions> ReadSchedulerSettings(const omnibus::Setting& settings,
                                                              const std::string& path);
absl::StatusOr<NotificationServiceOptions> ReadNotificationSettings(
    const omnibus::Setting& settings, const std::string& path);
absl::StatusOr<AnalyticsServiceOptions> ReadAnalyticsSettings(const omnibus::Setting& settings,
                                                              const std::string& path);

}  // namespace coworking
