// Takes turns between threads, and moves their virtual time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "omnibus/simulated_runtime.h"
#include "runtime/random.h"

namespace omnibus {

// Thread-safety: any thread, concurrently; what waits is called by the thread whose turn it is.
class SimulatedRuntime::Scheduler {
 public:
  // What threads wait for. Guarded by the scheduler.
  struct Bell {
    bool rung = false;
  };

  struct Turn;  // one thread, as the scheduler sees it

  Scheduler(std::uint64_t seed, absl::Time start);
  ~Scheduler();

  absl::Time Now();
  absl::Time WallTime();
  void JumpWallClock(absl::Duration by);
  std::uint64_t Random();

  void Ring(Bell& bell);
  bool Wait(Bell& bell, absl::Time deadline);
  void SleepUntil(absl::Time deadline);
  void RunUntilIdle();

  Turn* Spawn(std::string name, std::function<void()> body);
  void Join(Turn* turn);

 private:
  using Lock = std::unique_lock<std::mutex>;

  Turn& Self();
  void Yield(Lock& lock);
  // Gives the turn to another thread, until it comes back to `self`, whose state was set.
  void Switch(Lock& lock, Turn& self);
  void HandOn();
  void JumpToNextDeadline();
  Turn* PickAmong(const std::vector<Turn*>& turns);
  [[noreturn]] void Abort(const std::string& why);

  std::mutex mu_;  // guards all that follows
  RandomStream random_;
  absl::Time now_;
  absl::Duration wall_offset_;
  std::uint64_t waits_at_this_time_ = 0;
  std::vector<std::unique_ptr<Turn>> turns_;
  Turn* current_ = nullptr;
};

}  // namespace omnibus
