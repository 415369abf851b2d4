#include "bus/worker_pool.h"

#include <algorithm>
#include <utility>

namespace omnibus {

WorkerPool::WorkerPool(Runtime& runtime, int workers, std::function<void(Delivery*)> process,
                       std::function<void()> on_idle)
    : runtime_(runtime), process_(std::move(process)), on_idle_(std::move(on_idle)) {
  for (int i = 0; i < workers; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->doorbell = runtime.NewDoorbell();
    workers_.push_back(std::move(worker));
  }
}

WorkerPool::~WorkerPool() = default;

void WorkerPool::Start(const std::string& name) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->thread = runtime_.Spawn(name, [this, i] { Work(i); });
  }
}

std::size_t WorkerPool::LaneOf(std::uint64_t lane_key) {
  if (lane_key != 0) return lane_key % workers_.size();
  return next_lane_.fetch_add(1, std::memory_order_relaxed) % workers_.size();
}

void WorkerPool::Add(std::size_t lane, std::span<Delivery* const> deliveries) {
  for (Delivery* delivery : deliveries) {
    delivery->lane = lane;
    delivery->in_lane = true;
  }
  Notify(lane, workers_[lane]->lane.Add(deliveries));
}

void WorkerPool::Resume(Delivery* delivery) {
  const std::size_t lane = delivery->lane;
  workers_[lane]->lane.Resume(delivery);
  Notify(lane, 1);
}

void WorkerPool::Delay(Delivery* delivery, absl::Time due, bool hold_order) {
  if (!hold_order) {
    End(delivery);
  } else if (delivery->in_lane && workers_[delivery->lane]->lane.Pause(delivery)) {
    Notify(delivery->lane, 1);
  }
  // A worker that sleeps for what was due first until now has to look again.
  const std::size_t lane = delivery->lane;
  if (delays_.Add(due, delivery)) Notify(lane, 1);
}

void WorkerPool::End(Delivery* delivery) {
  if (!delivery->in_lane) return;
  delivery->in_lane = false;
  const std::size_t lane = delivery->lane;
  if (workers_[lane]->lane.End(delivery)) Notify(lane, 1);
}

void WorkerPool::Expedite(absl::FunctionRef<bool(const Delivery&)> which) {
  delays_.Expedite(which);
  for (const auto& worker : workers_) worker->doorbell->Ring();
}

bool WorkerPool::AnyIdle() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->idle.load(); });
}

void WorkerPool::Stop() {
  stopping_ = true;
  for (const auto& worker : workers_) worker->doorbell->Ring();
}

void WorkerPool::Join() {
  for (const auto& worker : workers_) {
    if (worker->thread != nullptr) worker->thread->Join();
  }
}

void WorkerPool::Work(std::size_t index) {
  Worker& self = *workers_[index];
  while (!stopping_) {
    Delivery* next = Next(index);
    if (next == nullptr) {
      // Whoever adds something from here on sees that this worker is idle, and rings; what was
      // added before is found now.
      self.idle = true;
      next = Next(index);
      if (next == nullptr) on_idle_();
      if (next == nullptr && !stopping_) self.doorbell->Wait(delays_.NextDue());
      self.idle = false;
    }
    if (next != nullptr) process_(next);
  }
}

Delivery* WorkerPool::Next(std::size_t index) {
  AddDue();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Delivery* next = workers_[(index + i) % workers_.size()]->lane.Take();
    if (next != nullptr) return next;
  }
  return nullptr;
}

void WorkerPool::AddDue() {
  if (delays_.NextDue() == absl::InfiniteFuture()) return;
  const absl::Time now = runtime_.Now();
  while (Delivery* due = delays_.TakeDue(now)) {
    if (!due->in_lane) {
      // It has let its key go, and queues up again.
      Delivery* const again[] = {due};
      Add(due->lane, again);
    } else if (workers_[due->lane]->lane.Continue(due)) {
      Notify(due->lane, 1);
    }
  }
}

void WorkerPool::Notify(std::size_t lane, std::size_t ready) {
  if (ready == 0) return;
  Worker& owner = *workers_[lane];
  if (owner.idle) {
    owner.doorbell->Ring();
    if (ready == 1) return;
  }
  for (const auto& worker : workers_) {
    if (worker->idle && worker.get() != &owner) return worker->doorbell->Ring();
  }
}

}  // namespace omnibus
