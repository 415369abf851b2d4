#include "omnibus/simulated_runtime.h"

#include <utility>

#include "testing/scheduler.h"

namespace omnibus {

class SimulatedRuntime::SimulatedDoorbell final : public Doorbell {
 public:
  explicit SimulatedDoorbell(Scheduler& scheduler) : scheduler_(scheduler) {}

  void Ring() override { scheduler_.Ring(bell_); }
  bool Wait(absl::Time deadline) override { return scheduler_.Wait(bell_, deadline); }

 private:
  Scheduler& scheduler_;
  Scheduler::Bell bell_;
};

class SimulatedRuntime::SimulatedThread final : public Thread {
 public:
  SimulatedThread(Scheduler& scheduler, Scheduler::Turn* turn)
      : scheduler_(scheduler), turn_(turn) {}

  void Join() override { scheduler_.Join(turn_); }

 private:
  Scheduler& scheduler_;
  Scheduler::Turn* const turn_;  // the scheduler's
};

SimulatedRuntime::SimulatedRuntime(std::uint64_t seed, absl::Time start)
    : scheduler_(std::make_unique<Scheduler>(seed, start)) {}

SimulatedRuntime::~SimulatedRuntime() = default;

void SimulatedRuntime::RunUntilIdle() { scheduler_->RunUntilIdle(); }
void SimulatedRuntime::JumpWallClock(absl::Duration by) { scheduler_->JumpWallClock(by); }
absl::Time SimulatedRuntime::Now() { return scheduler_->Now(); }
absl::Time SimulatedRuntime::WallTime() { return scheduler_->WallTime(); }
std::uint64_t SimulatedRuntime::Random() { return scheduler_->Random(); }
void SimulatedRuntime::SleepUntil(absl::Time deadline) { scheduler_->SleepUntil(deadline); }

std::unique_ptr<Doorbell> SimulatedRuntime::NewDoorbell() {
  return std::make_unique<SimulatedDoorbell>(*scheduler_);
}

std::unique_ptr<Thread> SimulatedRuntime::Spawn(std::string name, std::function<void()> body) {
  return std::make_unique<SimulatedThread>(*scheduler_,
                                           scheduler_->Spawn(std::move(name), std::move(body)));
}

}  // namespace omnibus
