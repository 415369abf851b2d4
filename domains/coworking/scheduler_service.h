// scheduler-service: a reminder before each booking, and its completion at its end.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "domains/coworking/events.h"
#include "domains/coworking/schedule_store.h"
#include "omnibus/module.h"

namespace coworking {

struct SchedulerServiceOptions {
  absl::Duration reminder_lead = absl::Minutes(15);  // how long before its start; 0 or more
};

// A reminder whose time is over when the booking comes is sent at once, and none when the start is
// over too. A cancelled booking's timers run as well: the contract does not tell the scheduler, and
// whoever hears of them knows better.
//
// Thread-safety: any thread, concurrently.
class SchedulerService final : public omnibus::Module {
 public:
  explicit SchedulerService(SchedulerServiceOptions options = {},
                            std::shared_ptr<ScheduleStore> store = MakeMemoryScheduleStore());

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;

 private:
  absl::Status OnBooking(const BookingCreated& event, omnibus::Context& context);

  const SchedulerServiceOptions options_;
  const std::shared_ptr<ScheduleStore> store_;
  omnibus::ModuleHost* host_ = nullptr;  // set once, before anything runs
};

}  // namespace coworking
