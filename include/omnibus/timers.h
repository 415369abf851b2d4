// Work at a later time, in the name of the event that asked for it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/context.h"

namespace omnibus {

// Runs on the module's timer thread, one at a time. Its context is as that of the handler that set
// the timer, and what it publishes carries the correlation of that event and names it as the cause.
// An error that a retry can help is retried with the module's back-off, for ever; any other is
// logged and ends it.
using TimerAction = std::function<absl::Status(Context&)>;

// Thread-safety: any thread, concurrently.
class Timers {
 public:
  virtual ~Timers() = default;

  // Runs `action` once the wall clock reaches `when`; soon, when that is over. `name` tells apart
  // the timers that one event sets
  // ("reminder", "completion"): keys of what it publishes are derived from it. Timers are held in
  // memory, and end with the process.
  virtual void Schedule(absl::Time when, std::string_view name, const Context& context,
                        TimerAction action) = 0;

  // Timers that have not run yet, or have not succeeded yet.
  virtual std::size_t pending() const = 0;
};

}  // namespace omnibus
