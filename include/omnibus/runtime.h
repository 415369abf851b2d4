// The bus's one seam to the world: time, threads, waiting and randomness.
//
// Production uses SystemRuntime(). Tests hand in a runtime with virtual time. No part of the bus
// reads a clock, sleeps, waits on a condition or starts a thread by any other way, so that a
// simulated runtime can run all of it, handlers included, from one seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace omnibus {

// A doorbell: one thread rings, another waits for it. It remembers one ring, so a ring before the
// wait is not missed; it never remembers more than one. Check the condition, then wait, in a loop:
//
//   while (!Ready()) { if (!doorbell->Wait(deadline)) return TimedOut(); }
//
// where whoever makes the condition true rings afterwards. Hold no lock while waiting.
//
// Thread-safety: any thread may ring and wait. A ring wakes one waiter; a waiter that leaves work
// for others rings again.
class Doorbell {
 public:
  virtual ~Doorbell() = default;

  virtual void Ring() = 0;

  // Waits for a ring, and takes it. False when `deadline` (see Runtime::Now) passed first;
  // absl::InfiniteFuture() waits for ever, a deadline in the past only looks.
  virtual bool Wait(absl::Time deadline) = 0;
};

// A thread that was started by Runtime::Spawn. Its owner joins it before destroying it.
class Thread {
 public:
  virtual ~Thread() = default;

  // Waits until the thread's function has returned. Idempotent. Not from the thread itself.
  virtual void Join() = 0;
};

// Thread-safety: any thread, concurrently.
class Runtime {
 public:
  virtual ~Runtime() = default;

  // The steady time that all deadlines and delays are counted in. It starts at the wall clock's
  // time and never jumps, whatever happens to the wall clock. Never written into a message.
  virtual absl::Time Now() = 0;

  // The wall clock: what goes into events and logs. It may jump.
  virtual absl::Time WallTime() = 0;

  // 64 random bits; not for secrets.
  virtual std::uint64_t Random() = 0;

  virtual std::unique_ptr<Doorbell> NewDoorbell() = 0;

  // Starts a thread. `name` (15 characters are shown) helps whoever looks at a stack dump. An
  // exception that leaves `body` ends the process.
  virtual std::unique_ptr<Thread> Spawn(std::string name, std::function<void()> body) = 0;

  virtual void SleepUntil(absl::Time deadline) = 0;
};

// The machine's own clock, threads and randomness. Lives as long as the process.
Runtime& SystemRuntime();

}  // namespace omnibus
