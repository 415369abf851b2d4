// Threads that wait until something that a mutex guards is true, through the runtime's doorbells.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"

namespace omnibus::rabbitmq {

// Thread-safety: guarded by the mutex that is handed to Await(), which locks it by itself.
class Waiters {
 public:
  // Waits, without the mutex, until `ready` is true; it is called with the mutex held. False:
  // `deadline` passed before.
  template <typename Ready>
  bool Await(internal::Lock& mu, Runtime& runtime, absl::Time deadline,
             Ready ready) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    {
      const internal::Locked lock(mu);
      if (ready()) return true;
    }
    const std::unique_ptr<Doorbell> bell = runtime.NewDoorbell();
    bool in_time = true;
    while (true) {
      {
        const internal::Locked lock(mu);
        std::erase(bells_, bell.get());
        if (ready()) return true;
        if (!in_time) return false;
        bells_.push_back(bell.get());
      }
      in_time = bell->Wait(deadline);
    }
  }

  // With the mutex held, after what they wait for has changed.
  void Ring() {
    for (Doorbell* bell : bells_) bell->Ring();
  }

 private:
  std::vector<Doorbell*> bells_;
};

}  // namespace omnibus::rabbitmq
