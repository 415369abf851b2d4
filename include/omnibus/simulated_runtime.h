// A runtime with virtual time, whose threads take turns: the same seed gives the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "omnibus/runtime.h"

namespace omnibus {

// Exactly one of its threads runs at a time. At each wait (Doorbell::Wait, SleepUntil, Spawn, Join)
// the seed picks who goes on among those that can. When nobody can, time jumps to the earliest
// deadline that somebody waits for. So an hour of retries takes milliseconds, and everything that
// is due in a span of time happens in it, in order.
//
// The thread that makes the runtime is one of its threads ("main"): it, too, runs only until it
// waits. When all wait without a deadline, the process is aborted, with a message that names the
// threads and what they wait for. So it is, with a message, when threads go on waiting a million
// times each without time passing, or when a foreign thread waits (ringing is allowed).
//
// All that was made by it is gone, and its threads are joined, before it is destroyed.
class SimulatedRuntime final : public Runtime {
 public:
  static constexpr absl::Time kStart = absl::FromUnixSeconds(1767225600);  // 2026-01-01T00:00:00Z

  explicit SimulatedRuntime(std::uint64_t seed = 1, absl::Time start = kStart);
  ~SimulatedRuntime() override;

  // Lets everything happen that is due within `duration`.
  void Advance(absl::Duration duration) { SleepUntil(Now() + duration); }

  // Lets the other threads run until all of them wait; no time passes.
  void RunUntilIdle();

  // From now on the wall clock shows that much more (or less) than before; Now() does not care.
  void JumpWallClock(absl::Duration by);

  absl::Time Now() override;
  absl::Time WallTime() override;
  std::uint64_t Random() override;
  std::unique_ptr<Doorbell> NewDoorbell() override;
  std::unique_ptr<Thread> Spawn(std::string name, std::function<void()> body) override;
  void SleepUntil(absl::Time deadline) override;

 private:
  class Scheduler;
  class SimulatedDoorbell;
  class SimulatedThread;
  const std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace omnibus
