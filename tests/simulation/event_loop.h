// What happens by itself, at its time: the network, the brokers, and the transports' I/O threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "absl/time/time.h"
#include "omnibus/simulated_runtime.h"

namespace omnibus::simulation {

// One thread of the simulation. What is due at the same time happens in the order in which it was
// asked for.
//
// Thread-safety: see World.
class EventLoop {
 public:
  explicit EventLoop(SimulatedRuntime& runtime);
  ~EventLoop();

  absl::Time Now() { return runtime_.Now(); }

  // In steps of 100 us, so that what happens at nearly the same time costs one turn.
  void At(absl::Time when, std::function<void()> what);
  void After(absl::Duration delay, std::function<void()> what) {
    At(Now() + delay, std::move(what));
  }

 private:
  struct Event {
    absl::Time when;
    std::uint64_t number;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const std::unique_ptr<Event>& a, const std::unique_ptr<Event>& b) const {
      return a->when != b->when ? a->when > b->when : a->number > b->number;
    }
  };

  void Run();

  SimulatedRuntime& runtime_;
  std::priority_queue<std::unique_ptr<Event>, std::vector<std::unique_ptr<Event>>, Later> events_;
  std::uint64_t numbers_ = 0;
  absl::Time sleeps_until_ = absl::InfinitePast();  // past: it runs, and looks by itself
  bool stopping_ = false;
  const std::unique_ptr<Doorbell> doorbell_;
  const std::unique_ptr<Thread> thread_;
};

}  // namespace omnibus::simulation
