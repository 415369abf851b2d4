#include "domains/coworking/domain.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "domains/coworking/demonstration.h"
#include "domains/coworking/events.h"
#include "domains/coworking/settings.h"

namespace coworking {
namespace {

template <typename Service, auto ReadSettings>
absl::StatusOr<std::unique_ptr<omnibus::Module>> Make(const omnibus::Setting& settings,
                                                      const std::string& path) {
  auto options = ReadSettings(settings, path);
  if (!options.ok()) return options.status();
  return std::make_unique<Service>(*std::move(options));
}

}  // namespace

omnibus::Domain CoworkingDomain() {
  return {
      .name = &kCoworking,
      .events = {&omnibus::EventTypeOf<BookingCreated>(), &omnibus::EventTypeOf<BookingCancelled>(),
                 &omnibus::EventTypeOf<BookingCompleted>(),
                 &omnibus::EventTypeOf<ReminderTriggered>(),
                 &omnibus::EventTypeOf<NotificationSent>(),
                 &omnibus::EventTypeOf<BookingRecorded>()},
      .modules = {{"booking-service", Make<BookingService, ReadBookingSettings>},
                  {"scheduler-service", Make<SchedulerService, ReadSchedulerSettings>},
                  {"notification-service", Make<NotificationService, ReadNotificationSettings>},
                  {"analytics-service", Make<AnalyticsService, ReadAnalyticsSettings>}},
      .demonstration = MakeDemonstration};
}

}  // namespace coworking
