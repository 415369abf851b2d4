// How long the machine, not the code, has kept this process waiting: for tests that measure time.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "omnibus/runtime.h"

namespace omnibus::faults {

// On each processor a thread that only sleeps, a millisecond at a time, and notes by how much it
// overslept. What it overslept by, another thread of this process may have been kept waiting for
// too. On each, for a virtual machine may lose one processor for a while and keep the others.
//
// Thread-safety: one thread.
class StallMeter {
 public:
  StallMeter() {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
      if (CPU_ISSET(processor, &allowed)) watches_.push_back(std::make_unique<Watch>(processor));
    }
  }

  // The worst since the last call.
  absl::Duration Take() {
    absl::Duration worst;
    for (const std::unique_ptr<Watch>& watch : watches_) worst = std::max(worst, watch->Take());
    return worst;
  }

 private:
  class Watch {
   public:
    explicit Watch(int processor) {
      thread_ = SystemRuntime().Spawn("stall-meter", [this, processor] { Run(processor); });
    }
    ~Watch() {
      stopping_ = true;
      thread_->Join();
    }

    absl::Duration Take() {
      // A processor that stands still has yet to tell.
      const std::int64_t sleep = sleeps_ + 1;
      while (sleeps_ < sleep) SystemRuntime().SleepUntil(SystemRuntime().Now() + kSleep);
      return absl::Microseconds(worst_.exchange(0));
    }

   private:
    static constexpr absl::Duration kSleep = absl::Milliseconds(1);

    void Run(int processor) {
      cpu_set_t only;
      CPU_ZERO(&only);
      CPU_SET(processor, &only);
      pthread_setaffinity_np(pthread_self(), sizeof only, &only);
      for (; !stopping_; ++sleeps_) {
        const absl::Time due = SystemRuntime().Now() + kSleep;
        SystemRuntime().SleepUntil(due);
        const std::int64_t late = absl::ToInt64Microseconds(SystemRuntime().Now() - due);
        std::int64_t worst = worst_;
        while (worst < late && !worst_.compare_exchange_weak(worst, late)) {
        }
      }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<std::int64_t> sleeps_ = 0;
    std::atomic<std::int64_t> worst_ = 0;
    std::unique_ptr<Thread> thread_;
  };

  std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace omnibus::faults
