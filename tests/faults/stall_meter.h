// How long the machine, not the code, has kept this process waiting: for tests that measure time.
#pragma once

#include <atomic>
#include <memory>

#include "absl/time/time.h"
#include "omnibus/runtime.h"

namespace omnibus::faults {

// A thread that only sleeps, a millisecond at a time, and notes by how much it overslept. What it
// overslept by, another thread of this process may have been kept waiting for too.
//
// Thread-safety: any thread.
class StallMeter {
 public:
  StallMeter() {
    thread_ = SystemRuntime().Spawn("stall-meter", [this] {
      while (!stopping_) {
        const absl::Time due = SystemRuntime().Now() + absl::Milliseconds(1);
        SystemRuntime().SleepUntil(due);
        const absl::Duration late = SystemRuntime().Now() - due;
        const std::int64_t before = worst_;
        worst_ = std::max(before, absl::ToInt64Microseconds(late));
      }
    });
  }
  ~StallMeter() {
    stopping_ = true;
    thread_->Join();
  }

  // The worst since the last call.
  absl::Duration Take() { return absl::Microseconds(worst_.exchange(0)); }

 private:
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> worst_ = 0;
  std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::faults
