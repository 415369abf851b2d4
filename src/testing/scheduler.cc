#include "testing/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omnibus {
namespace {

// So many that no honest program reaches it, and so few that a test ends within a minute.
constexpr std::uint64_t kMostWaitsAtOneTime = 5'000'000;

}  // namespace

struct SimulatedRuntime::Scheduler::Turn {
  enum class State { kRunnable, kWaiting, kIdling, kFinished };

  std::string name;
  std::thread::id id;
  std::thread thread;
  std::condition_variable its_turn;

  State state = State::kRunnable;
  // While it waits: for a ring, for another thread's end, or (neither) for time to pass.
  const Bell* bell = nullptr;
  const Turn* joined = nullptr;
  absl::Time deadline = absl::InfiniteFuture();

  std::string Describe() const {
    if (state == State::kRunnable) return absl::StrCat(name, ": can run");
    if (state == State::kIdling) return absl::StrCat(name, ": waits until all others wait");
    if (joined != nullptr) return absl::StrCat(name, ": waits for the end of ", joined->name);
    const std::string until =
        deadline == absl::InfiniteFuture()
            ? "for ever"
            : absl::StrCat("until ", absl::FormatTime(deadline, absl::UTCTimeZone()));
    return absl::StrCat(name, bell != nullptr ? ": waits for a ring, " : ": sleeps, ", until);
  }
};

SimulatedRuntime::Scheduler::Scheduler(std::uint64_t seed, absl::Time start)
    : random_(seed), now_(start) {
  turns_.push_back(std::make_unique<Turn>());
  current_ = turns_.back().get();
  current_->name = "main";
  current_->id = std::this_thread::get_id();
}

SimulatedRuntime::Scheduler::~Scheduler() {
  const Lock lock(mu_);
  for (const auto& turn : turns_) {
    if (turn->thread.joinable()) Abort("the runtime is destroyed before a thread was joined");
  }
}

void SimulatedRuntime::Scheduler::Abort(const std::string& why) {
  std::string text =
      absl::StrCat("SimulatedRuntime, at ", absl::FormatTime(now_, absl::UTCTimeZone()), ": ", why);
  for (const auto& turn : turns_) {
    if (turn->state == Turn::State::kFinished) continue;
    absl::StrAppend(&text, "\n  ", turn->Describe());
  }
  std::fprintf(stderr, "%s\n", text.c_str());
  std::abort();
}

absl::Time SimulatedRuntime::Scheduler::Now() {
  const Lock lock(mu_);
  return now_;
}

absl::Time SimulatedRuntime::Scheduler::WallTime() {
  const Lock lock(mu_);
  return now_ + wall_offset_;
}

void SimulatedRuntime::Scheduler::JumpWallClock(absl::Duration by) {
  const Lock lock(mu_);
  wall_offset_ += by;
}

std::uint64_t SimulatedRuntime::Scheduler::Random() {
  const Lock lock(mu_);
  return random_.Next();
}

SimulatedRuntime::Scheduler::Turn& SimulatedRuntime::Scheduler::Self() {
  if (current_->id != std::this_thread::get_id()) Abort("a foreign thread waits in the simulation");
  return *current_;
}

SimulatedRuntime::Scheduler::Turn* SimulatedRuntime::Scheduler::PickAmong(
    const std::vector<Turn*>& turns) {
  return turns.size() == 1 ? turns[0] : turns[random_.Next() % turns.size()];
}

void SimulatedRuntime::Scheduler::JumpToNextDeadline() {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& turn : turns_) {
    if (turn->state == Turn::State::kWaiting) next = std::min(next, turn->deadline);
  }
  if (next == absl::InfiniteFuture())
    Abort("deadlock: every thread waits, and none has a deadline");
  now_ = std::max(now_, next);
  waits_at_this_time_ = 0;
  for (const auto& turn : turns_) {
    if (turn->state == Turn::State::kWaiting && turn->deadline <= now_) {
      turn->state = Turn::State::kRunnable;
    }
  }
}

void SimulatedRuntime::Scheduler::HandOn() {
  if (++waits_at_this_time_ > kMostWaitsAtOneTime) {
    Abort("livelock: threads go on waiting, and no time passes");
  }
  while (true) {
    std::vector<Turn*> runnable;
    std::vector<Turn*> idling;
    for (const auto& turn : turns_) {
      if (turn->state == Turn::State::kRunnable) runnable.push_back(turn.get());
      if (turn->state == Turn::State::kIdling) idling.push_back(turn.get());
    }
    if (runnable.empty()) runnable = std::move(idling);
    if (!runnable.empty()) {
      current_ = PickAmong(runnable);
      current_->state = Turn::State::kRunnable;
      current_->its_turn.notify_one();
      return;
    }
    JumpToNextDeadline();
  }
}

void SimulatedRuntime::Scheduler::Switch(Lock& lock, Turn& self) {
  HandOn();
  self.its_turn.wait(lock, [&] { return current_ == &self; });
}

void SimulatedRuntime::Scheduler::Yield(Lock& lock) { Switch(lock, Self()); }

void SimulatedRuntime::Scheduler::Ring(Bell& bell) {
  const Lock lock(mu_);
  bell.rung = true;
  std::vector<Turn*> waiters;
  for (const auto& turn : turns_) {
    if (turn->state == Turn::State::kWaiting && turn->bell == &bell) waiters.push_back(turn.get());
  }
  if (!waiters.empty()) PickAmong(waiters)->state = Turn::State::kRunnable;
}

bool SimulatedRuntime::Scheduler::Wait(Bell& bell, absl::Time deadline) {
  Lock lock(mu_);
  Turn& self = Self();
  // A wait that does not have to wait gives the turn away all the same, so that whoever looks at
  // things in a loop does not keep others from changing them.
  Yield(lock);
  while (!bell.rung) {
    if (deadline <= now_) return false;
    self.state = Turn::State::kWaiting;
    self.bell = &bell;
    self.deadline = deadline;
    Switch(lock, self);
    self.bell = nullptr;
    self.deadline = absl::InfiniteFuture();
  }
  bell.rung = false;
  return true;
}

void SimulatedRuntime::Scheduler::SleepUntil(absl::Time deadline) {
  Lock lock(mu_);
  Turn& self = Self();
  if (deadline > now_) {
    self.state = Turn::State::kWaiting;
    self.deadline = deadline;
  }
  Switch(lock, self);
  self.deadline = absl::InfiniteFuture();
}

void SimulatedRuntime::Scheduler::RunUntilIdle() {
  Lock lock(mu_);
  Turn& self = Self();
  self.state = Turn::State::kIdling;
  Switch(lock, self);
}

SimulatedRuntime::Scheduler::Turn* SimulatedRuntime::Scheduler::Spawn(std::string name,
                                                                      std::function<void()> body) {
  Lock lock(mu_);
  Self();
  turns_.push_back(std::make_unique<Turn>());
  Turn* const turn = turns_.back().get();
  turn->name = std::move(name);
  turn->thread = std::thread([this, turn, body = std::move(body)] {
    {
      Lock started(mu_);
      turn->id = std::this_thread::get_id();
      turn->its_turn.wait(started, [&] { return current_ == turn; });
    }
    body();
    const Lock finished(mu_);
    turn->state = Turn::State::kFinished;
    for (const auto& other : turns_) {
      if (other->joined == turn) other->state = Turn::State::kRunnable;
    }
    HandOn();
  });
  Yield(lock);
  return turn;
}

void SimulatedRuntime::Scheduler::Join(Turn* turn) {
  std::thread thread;
  {
    Lock lock(mu_);
    Turn& self = Self();
    Yield(lock);
    if (turn->state != Turn::State::kFinished) {
      self.state = Turn::State::kWaiting;
      self.joined = turn;
      Switch(lock, self);
      self.joined = nullptr;
    }
    thread = std::move(turn->thread);
  }
  // It has nothing left to do but to end.
  if (thread.joinable()) thread.join();
}

}  // namespace omnibus
