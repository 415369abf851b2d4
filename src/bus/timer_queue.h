// A module's timers: a thread that sleeps until the next one is due.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "bus/effects.h"
#include "bus/module_identity.h"
#include "omnibus/retry_policy.h"
#include "omnibus/timers.h"

namespace omnibus {

// Thread-safety: any thread, concurrently; Stop() once.
class TimerQueue final : public Timers {
 public:
  // `module` outlives this.
  TimerQueue(const ModuleIdentity& module, const RetryPolicy& retry);
  ~TimerQueue() override;

  void Schedule(absl::Time when, std::string_view name, const Context& context,
                TimerAction action) override;
  std::size_t pending() const override;

  // Starts no more actions, and waits until `deadline` for the one that runs, and for the outcome
  // of what was published. Timers that have not run are forgotten. False: something still runs.
  bool Stop(absl::Time deadline);

  // After Stop(): waits for the thread.
  void Join();

 private:
  struct Timer {
    absl::Time when;        // by the wall clock, for the first attempt
    absl::Time not_before;  // by the steady one, for further attempts
    std::string name;
    Metadata cause;
    TimerAction action;
    int attempt = 0;
    Effects effects;
    TimerQueue* queue = nullptr;
  };

  static bool Later(const Timer* a, const Timer* b) { return a->when > b->when; }

  void Run();
  Timer* TakeDue(absl::Time wall);
  absl::Time NextLook() const;
  void Fire(Timer* timer);
  void Conclude(Timer* timer);
  void ConcludeEnded();
  bool Idle() const;

  const ModuleIdentity& module_;
  const RetryPolicy retry_;
  const std::unique_ptr<Doorbell> doorbell_;
  const std::unique_ptr<Doorbell> idle_;  // rung when something has ended after Stop()
  std::atomic<std::size_t> pending_ = 0;
  std::atomic<bool> started_ = false;  // from the first timer on there is a thread
  std::atomic<bool> stopping_ = false;
  mutable absl::Mutex mu_;
  std::unique_ptr<Thread> thread_ ABSL_GUARDED_BY(mu_);
  std::vector<Timer*> waiting_ ABSL_GUARDED_BY(mu_);  // a heap, the next one first
  std::vector<Timer*> retries_ ABSL_GUARDED_BY(mu_);
  std::vector<Timer*> ended_ ABSL_GUARDED_BY(mu_);  // published, and to be concluded
  std::size_t running_ ABSL_GUARDED_BY(mu_) = 0;    // actions, and what they published
  bool finished_ ABSL_GUARDED_BY(mu_) = false;      // the thread has nothing more to do
};

}  // namespace omnibus
