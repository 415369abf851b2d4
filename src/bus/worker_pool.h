// A module's worker threads, and the lanes that they work on.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "bus/delay_queue.h"
#include "bus/delivery.h"
#include "bus/lane.h"
#include "omnibus/runtime.h"

namespace omnibus {

// Each worker has a lane, and helps with the others' when its own is empty: a handler that takes
// long holds up its key, and nothing else.
//
// Thread-safety: any thread, concurrently.
class WorkerPool {
 public:
  // `process` runs on the workers, for each stage of a delivery. It keeps the delivery: by
  // Resume(), Delay() or End() it says what next. `on_idle` runs on a worker that has nothing to
  // do, after AnyIdle() tells so.
  WorkerPool(Runtime& runtime, int workers, std::function<void(Delivery*)> process,
             std::function<void()> on_idle);
  ~WorkerPool();

  void Start(const std::string& name);

  // The lane of a key; any lane for 0.
  std::size_t LaneOf(std::uint64_t lane_key);

  // Adds what was received, in order, all of one lane.
  void Add(std::size_t lane, std::span<Delivery* const> deliveries);

  // It goes on soon, before what has not begun.
  void Resume(Delivery* delivery);

  // It goes on at `due`. With `hold_order` what follows it under its key, in its channel, waits for
  // it; without, that overtakes it.
  void Delay(Delivery* delivery, absl::Time due, bool hold_order);

  // It has ended: the next one of its key goes.
  void End(Delivery* delivery);

  // Of those that are delayed, these go on now.
  void Expedite(absl::FunctionRef<bool(const Delivery&)> which);

  // Whether a worker waits for something to do.
  bool AnyIdle() const;

  // Workers end after what they run. Join() waits for them.
  void Stop();
  void Join();

 private:
  struct Worker {
    Lane lane;
    std::unique_ptr<Doorbell> doorbell;
    std::atomic<bool> idle = false;
    std::unique_ptr<Thread> thread;
  };

  void Work(std::size_t index);
  Delivery* Next(std::size_t index);
  void AddDue();
  void Notify(std::size_t lane, std::size_t ready);

  Runtime& runtime_;
  const std::function<void(Delivery*)> process_;
  const std::function<void()> on_idle_;
  std::vector<std::unique_ptr<Worker>> workers_;
  DelayQueue delays_;
  std::atomic<std::size_t> next_lane_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace omnibus
