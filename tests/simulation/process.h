// A process of ours, as far as the world outside can tell: it lives, and it may be killed between
// any two of its steps.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/trace.h"

namespace omnibus::simulation {

// What a killed process does afterwards nobody sees: its transports reach no broker any more, and
// its handlers are not counted. Its threads still have to come to their ends.
//
// Thread-safety: see World.
class Process {
 public:
  Process(std::string name, Trace& trace) : name_(std::move(name)), trace_(trace) {}

  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }

  // It is killed at that step from now; 0: it is not.
  void KillAfter(std::int64_t steps) { steps_left_ = steps; }

  // One step of the protocol: receive, handle, publish, settle, ... False: it is dead.
  bool Step(std::string_view what) {
    if (alive_ && steps_left_ > 0 && --steps_left_ == 0) {
      trace_.Step(name_, ": killed before: ", absl::string_view(what.data(), what.size()));
      Kill();
    }
    return alive_;
  }

  void Kill() {
    if (!alive_) return;
    alive_ = false;
    const std::vector<std::function<void()>> mourners = std::move(mourners_);
    for (const auto& mourner : mourners) mourner();
  }

  // It has ended by itself: what it had claimed is free.
  void End() {
    mourners_.clear();
    alive_ = false;
  }

  // Called once when it is killed.
  void OnDeath(std::function<void()> mourner) { mourners_.push_back(std::move(mourner)); }

 private:
  const std::string name_;
  Trace& trace_;
  bool alive_ = true;
  std::int64_t steps_left_ = 0;
  std::vector<std::function<void()>> mourners_;
};

}  // namespace omnibus::simulation
