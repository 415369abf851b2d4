// The time that deadlines are counted in: the wall clock's when the process started, and from there
// on the machine's steady clock.
#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace omnibus {

absl::Time SteadyNow();

// For waiting. Deadlines that std::chrono cannot hold become the nearest that it can.
std::chrono::steady_clock::time_point ToSteadyClock(absl::Time deadline);

}  // namespace omnibus
