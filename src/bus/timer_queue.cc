#include "bus/timer_queue.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bus/handler_context.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

// The wall clock may jump, and no wait of ours sees it: so look at it now and then.
constexpr absl::Duration kLookAtTheClock = absl::Seconds(30);

// So many actions may wait for the outcome of what they published: enough to share round trips, and
// a bound for memory.
constexpr std::size_t kMostRunning = 1024;

}  // namespace

TimerQueue::TimerQueue(const ModuleIdentity& module, const RetryPolicy& retry)
    : module_(module),
      retry_(retry),
      doorbell_(module.runtime->NewDoorbell()),
      idle_(module.runtime->NewDoorbell()) {}

TimerQueue::~TimerQueue() {
  absl::MutexLock lock(&mu_);
  for (Timer* timer : waiting_) delete timer;
  for (Timer* timer : retries_) delete timer;
  for (Timer* timer : ended_) delete timer;
}

void TimerQueue::Schedule(absl::Time when, std::string_view name, const Context& context,
                          TimerAction action) {
  auto timer = std::make_unique<Timer>();
  timer->when = when;
  timer->not_before = absl::InfinitePast();
  timer->name = name;
  timer->cause = context.metadata();
  timer->action = std::move(action);
  timer->queue = this;
  pending_.fetch_add(1);
  {
    absl::MutexLock lock(&mu_);
    waiting_.push_back(timer.release());
    std::push_heap(waiting_.begin(), waiting_.end(), Later);
  }
  // Not under the lock: starting a thread may let others run first.
  if (!stopping_ && !started_.exchange(true)) {
    std::unique_ptr<Thread> thread = module_.runtime->Spawn("timers", [this] { Run(); });
    absl::MutexLock lock(&mu_);
    thread_ = std::move(thread);
  }
  doorbell_->Ring();
}

std::size_t TimerQueue::pending() const { return pending_.load(); }

void TimerQueue::Run() {
  while (!stopping_) {
    ConcludeEnded();
    if (Timer* timer = TakeDue(module_.runtime->WallTime()); timer != nullptr) {
      Fire(timer);
    } else {
      doorbell_->Wait(NextLook());
    }
  }
  while (!Idle() && !module_.cancelled->load()) {
    ConcludeEnded();
    if (!Idle()) doorbell_->Wait(module_.runtime->Now() + absl::Milliseconds(50));
  }
  absl::MutexLock lock(&mu_);
  finished_ = true;
  idle_->Ring();
}

TimerQueue::Timer* TimerQueue::TakeDue(absl::Time wall) {
  const absl::Time now = module_.runtime->Now();
  absl::MutexLock lock(&mu_);
  if (running_ >= kMostRunning) return nullptr;
  for (auto timer = retries_.begin(); timer != retries_.end(); ++timer) {
    if ((*timer)->not_before > now) continue;
    Timer* due = *timer;
    retries_.erase(timer);
    ++running_;
    return due;
  }
  if (waiting_.empty() || waiting_.front()->when > wall) return nullptr;
  std::pop_heap(waiting_.begin(), waiting_.end(), Later);
  Timer* due = waiting_.back();
  waiting_.pop_back();
  ++running_;
  return due;
}

absl::Time TimerQueue::NextLook() const {
  const absl::Time now = module_.runtime->Now();
  const absl::Time wall = module_.runtime->WallTime();
  absl::MutexLock lock(&mu_);
  absl::Time next = absl::InfiniteFuture();
  if (running_ >= kMostRunning) return next;  // the end of one rings
  if (!waiting_.empty()) next = now + std::min(waiting_.front()->when - wall, kLookAtTheClock);
  for (const Timer* timer : retries_) next = std::min(next, timer->not_before);
  return next;
}

void TimerQueue::Fire(Timer* timer) {
  ++timer->attempt;
  timer->effects.Start(
      [](void* owner) {
        Timer* ended = static_cast<Timer*>(owner);
        TimerQueue* queue = ended->queue;
        absl::MutexLock lock(&queue->mu_);
        queue->ended_.push_back(ended);
        queue->doorbell_->Ring();
      },
      timer);
  absl::Status status;
  try {
    HandlerContext context(module_, timer->name, timer->cause, timer->attempt, timer->effects);
    status = timer->action(context);
  } catch (const std::exception& exception) {
    status = absl::InternalError(absl::StrCat("threw: ", exception.what()));
  } catch (...) {
    status = absl::InternalError("threw something that is no std::exception");
  }
  timer->effects.End(std::move(status));
}

void TimerQueue::ConcludeEnded() {
  std::vector<Timer*> ended;
  {
    absl::MutexLock lock(&mu_);
    ended.swap(ended_);
  }
  for (Timer* timer : ended) Conclude(timer);
}

void TimerQueue::Conclude(Timer* timer) {
  const absl::Status status = timer->effects.TakeStatus();
  const bool again = CanRetry(status) && !stopping_;
  if (again) {
    const absl::Duration delay = retry_.DelayAfter(timer->attempt, module_.runtime->Random());
    timer->not_before = module_.runtime->Now() + delay;
    module_.log->warn("{}: timer {} failed, and is tried again in {}: {}", module_.group,
                      timer->name, absl::FormatDuration(delay), status.ToString());
  } else if (!status.ok()) {
    module_.log->error("{}: timer {} failed for good: {}", module_.group, timer->name,
                       status.ToString());
  }
  absl::MutexLock lock(&mu_);
  --running_;
  if (again) {
    retries_.push_back(timer);
    return;
  }
  delete timer;
  pending_.fetch_sub(1);
}

bool TimerQueue::Idle() const {
  absl::MutexLock lock(&mu_);
  return running_ == 0;
}

bool TimerQueue::Stop(absl::Time deadline) {
  stopping_ = true;
  doorbell_->Ring();
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (!started_ || finished_) return true;
    }
    if (!idle_->Wait(deadline)) return false;
  }
}

void TimerQueue::Join() {
  std::unique_ptr<Thread> thread;
  {
    absl::MutexLock lock(&mu_);
    thread = std::move(thread_);
  }
  if (thread != nullptr) thread->Join();
}

}  // namespace omnibus
