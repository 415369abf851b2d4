#include "domains/coworking/domain.h"

#include "domains/coworking/demonstration.h"
#include "domains/coworking/events.h"
#include "domains/coworking/settings.h"
#include "domains/support/module_factory.h"

namespace coworking {

using domain_support::MakeModule;

omnibus::Domain CoworkingDomain() {
  return {
      .name = &kCoworking,
      .events = {&omnibus::EventTypeOf<BookingCreated>(), &omnibus::EventTypeOf<BookingCancelled>(),
                 &omnibus::EventTypeOf<BookingCompleted>(),
                 &omnibus::EventTypeOf<ReminderTriggered>(),
                 &omnibus::EventTypeOf<NotificationSent>(),
                 &omnibus::EventTypeOf<BookingRecorded>()},
      .modules = {{"booking-service", MakeModule<BookingService, ReadBookingSettings>},
                  {"scheduler-service", MakeModule<SchedulerService, ReadSchedulerSettings>},
                  {"notification-service",
                   MakeModule<NotificationService, ReadNotificationSettings>},
                  {"analytics-service", MakeModule<AnalyticsService, ReadAnalyticsSettings>}},
      .demonstration = MakeDemonstration};
}

}  // namespace coworking
