// Threads that publish a run's events.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bench/bench_bus.h"
#include "bench/meter.h"
#include "omnibus/bus.h"

namespace omnibus::bench {

struct Load {
  static constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();

  std::int64_t messages = kUnbounded;
  absl::Duration duration = absl::InfiniteDuration();
  // At a rate: what is due by the end of `duration` and was not published until then, never is.
  absl::Duration give_up_after = absl::InfiniteDuration();
  double rate = 0;     // messages a second, of all publishers together; 0: as fast as it goes
  int publishers = 1;  // threads
  bool wait = false;   // each waits for each confirm
  int keys = 1000;     // 1 or more
};

// Thread-safety: one thread; `on_send` is called on the publishers'.
class Publishers {
 public:
  // `on_send` may be empty: called with an event's number, and when it was due, before it is
  // published. All that is passed outlives this; it is joined before it is destroyed.
  Publishers(const Setup& setup, Bus& bus, const Load& load, std::uint64_t run, Meter& confirmed,
             std::function<void(std::int64_t, absl::Time)> on_send);

  void Start();
  void Stop() { stopped_ = true; }
  void Join();

  // No more will be published. The number of those that were is `published()` then.
  bool finished() const { return running_ == 0; }
  std::int64_t published() const { return published_; }
  // How many were not confirmed, and why the first of them was not.
  std::int64_t failed() const { return failed_; }
  std::string failure() const;

 private:
  void Work();
  void Count(const absl::Status& status);

  const Setup& setup_;
  Bus& bus_;
  const Load load_;
  const std::uint64_t run_;
  Meter& confirmed_;
  const std::function<void(std::int64_t, absl::Time)> on_send_;
  std::vector<std::string> keys_;
  absl::Time start_;  // constant once they run
  std::vector<std::unique_ptr<Thread>> threads_;

  std::atomic<bool> stopped_ = false;
  std::atomic<int> running_ = 0;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<std::int64_t> published_ = 0;
  std::atomic<std::int64_t> failed_ = 0;
  mutable absl::Mutex mu_;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::bench
