// The doorbell of the machine's own threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "omnibus/runtime.h"

namespace omnibus {

// Makes no system call when nobody waits. May be destroyed as soon as the wait for the last ring
// has returned, also while that Ring() is about to return.
class SystemDoorbell final : public Doorbell {
 public:
  void Ring() override;
  bool Wait(absl::Time deadline) override;

 private:
  std::mutex mu_;
  std::condition_variable rung_or_not_;
  std::atomic<bool> rung_ = false;  // set to true, and taken, under mu_ only
  int waiters_ = 0;                 // guarded by mu_
};

}  // namespace omnibus
