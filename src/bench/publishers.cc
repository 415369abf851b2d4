#include "bench/publishers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/tally.h"

namespace omnibus::bench {

Publishers::Publishers(const Setup& setup, Bus& bus, const Load& load, std::uint64_t run,
                       Meter& confirmed, std::function<void(std::int64_t, absl::Time)> on_send)
    : setup_(setup),
      bus_(bus),
      load_(load),
      run_(run),
      confirmed_(confirmed),
      on_send_(std::move(on_send)) {
  for (int i = 0; i < load_.keys; ++i) keys_.push_back(absl::StrCat("key-", i));
}

void Publishers::Start() {
  start_ = setup_.runtime->Now();
  running_ = load_.publishers;
  for (int i = 0; i < load_.publishers; ++i) {
    threads_.push_back(setup_.runtime->Spawn("publisher", [this] { Work(); }));
  }
}

void Publishers::Join() {
  for (const std::unique_ptr<Thread>& thread : threads_) thread->Join();
}

std::string Publishers::failure() const {
  absl::MutexLock lock(&mu_);
  return failure_.ok() ? "" : std::string(failure_.ToString());
}

void Publishers::Count(const absl::Status& status) {
  if (status.ok()) return confirmed_.Add();
  {
    absl::MutexLock lock(&mu_);
    if (failure_.ok()) failure_ = status;
  }
  ++failed_;
}

void Publishers::Work() {
  Runtime& runtime = *setup_.runtime;
  const EventType& type = setup_.sample->type();
  const void* event = setup_.sample->event();
  const absl::Time end = start_ + load_.duration;
  const absl::Time give_up = start_ + load_.give_up_after;
  absl::Time woken = start_;
  std::int64_t published = 0;
  PublishOptions options;
  while (!stopped_.load(std::memory_order_relaxed)) {
    const std::int64_t sequence = next_.fetch_add(1, std::memory_order_relaxed);
    if (sequence >= load_.messages) break;
    absl::Time due = start_;
    if (load_.rate > 0) {
      due += absl::Seconds(static_cast<double>(sequence) / load_.rate);
      if (due >= end) break;
      const absl::Time now = runtime.Now();
      if (now >= give_up) break;
      if (now < due) {
        runtime.SleepUntil(due);
        woken = runtime.Now();
      }
      // That a sleep ends late is the machine's doing; that this thread comes late because a
      // publish kept it is the bus's, and counts.
      due = std::max(due, woken);
    } else if (published % 64 == 0 && runtime.Now() >= end) {
      break;
    }
    if (on_send_) on_send_(sequence, due);
    options.id = IdOf(run_, static_cast<std::uint64_t>(sequence));
    options.key = keys_[static_cast<std::size_t>(sequence) % keys_.size()];
    ++published;
    if (load_.wait) {
      Count(bus_.PublishEvent(type, event, options));
    } else {
      bus_.PublishEventAsync(type, event, options,
                             [this](const absl::Status& status) { Count(status); });
    }
  }
  published_ += published;
  --running_;
}

}  // namespace omnibus::bench
