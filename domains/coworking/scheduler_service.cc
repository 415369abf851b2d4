#include "domains/coworking/scheduler_service.h"

#include <utility>

#include "absl/status/statusor.h"
#include "domains/coworking/rules.h"

namespace coworking {

SchedulerService::SchedulerService(SchedulerServiceOptions options,
                                   std::shared_ptr<ScheduleStore> store)
    : Module(kCoworking, "scheduler-service"), options_(options), store_(std::move(store)) {}

void SchedulerService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &SchedulerService::OnBooking);
  module.Publishes<ReminderTriggered, BookingCompleted>();
}

absl::Status SchedulerService::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  return absl::OkStatus();
}

absl::Status SchedulerService::OnBooking(const BookingCreated& event, omnibus::Context& context) {
  if (absl::Status status = CheckEvent(event); !status.ok()) return status;
  // Nothing below can fail, so a booking that is here has its timers.
  absl::StatusOr<bool> fresh = store_->Insert(event.booking_id);
  if (!fresh.ok()) return fresh.status();
  if (!*fresh) return absl::OkStatus();

  omnibus::Timers& timers = host_->timers();
  const absl::Time start = omnibus::ToTime(event.start_time);
  if (start > host_->runtime().WallTime()) {
    const ReminderTriggered reminder = {.booking_id = event.booking_id, .user_id = event.user_id};
    timers.Schedule(start - options_.reminder_lead, "reminder", context,
                    [reminder](omnibus::Context& timer) { return timer.Publish(reminder); });
  }
  const BookingCompleted completed = {.booking_id = event.booking_id};
  timers.Schedule(omnibus::ToTime(event.end_time), "completion", context,
                  [completed](omnibus::Context& timer) { return timer.Publish(completed); });
  return absl::OkStatus();
}

}  // namespace coworking
