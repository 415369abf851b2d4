#include "tests/simulation/event_loop.h"

#include <utility>

namespace omnibus::simulation {

EventLoop::EventLoop(SimulatedRuntime& runtime)
    : runtime_(runtime),
      doorbell_(runtime.NewDoorbell()),
      thread_(runtime.Spawn("brokers", [this] { Run(); })) {}

EventLoop::~EventLoop() {
  stopping_ = true;
  doorbell_->Ring();
  thread_->Join();
}

void EventLoop::At(absl::Time when, std::function<void()> what) {
  const std::int64_t steps = (absl::ToUnixMicros(when) + 99) / 100;
  auto event = std::make_unique<Event>();
  event->when = absl::FromUnixMicros(steps * 100);
  event->number = ++numbers_;
  event->what = std::move(what);
  const bool sooner = event->when < sleeps_until_;
  events_.push(std::move(event));
  if (sooner) doorbell_->Ring();
}

void EventLoop::Run() {
  while (!stopping_) {
    const absl::Time now = runtime_.Now();
    while (!events_.empty() && events_.top()->when <= now) {
      const std::function<void()> what = std::move(events_.top()->what);
      events_.pop();
      what();
    }
    // Somebody always waits with a deadline: an empty loop sleeps, so that only a real deadlock
    // looks like one.
    sleeps_until_ = events_.empty() ? now + absl::Hours(1) : events_.top()->when;
    doorbell_->Wait(sleeps_until_);
    sleeps_until_ = absl::InfinitePast();
  }
}

}  // namespace omnibus::simulation
