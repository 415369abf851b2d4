#include "runtime/system_doorbell.h"

#include "runtime/steady_clock.h"

namespace omnibus {

void SystemDoorbell::Ring() {
  // It rings already: whoever takes that ring sees what this one is about, since the exchange makes
  // the two meet. A plain read would not.
  bool expected = true;
  if (rung_.compare_exchange_strong(expected, true, std::memory_order_acq_rel)) return;

  // The notification is under the lock: the waiter may destroy this object once it has it.
  const std::lock_guard lock(mu_);
  rung_.store(true, std::memory_order_release);
  if (waiters_ > 0) rung_or_not_.notify_one();
}

bool SystemDoorbell::Wait(absl::Time deadline) {
  std::unique_lock lock(mu_);
  const auto take = [this] { return rung_.exchange(false, std::memory_order_acq_rel); };
  if (take()) return true;
  if (deadline != absl::InfiniteFuture() && deadline <= SteadyNow()) return false;

  ++waiters_;
  bool taken = false;
  if (deadline == absl::InfiniteFuture()) {
    rung_or_not_.wait(lock, [&] { return taken = take(); });
  } else {
    rung_or_not_.wait_until(lock, ToSteadyClock(deadline), [&] { return taken = take(); });
  }
  --waiters_;
  return taken;
}

}  // namespace omnibus
