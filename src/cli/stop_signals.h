// SIGINT, SIGTERM and SIGHUP as a request to stop.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>

#include "omnibus/runtime.h"

namespace omnibus::cli {

// The first signal asks to stop, the second one ends the process at once. It waits for signals on a
// thread that is not the Runtime's: a signal is the one thing that comes from outside of any
// runtime, and no simulation has it.
//
// Make it before other threads are started: these inherit that the signals are blocked. One at a
// time.
class StopSignals {
 public:
  explicit StopSignals(Runtime& runtime);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  bool stopped() const { return stop_.stop_requested(); }

  // Waits for the first signal, until `deadline`. Whether it came.
  bool Wait(absl::Time deadline);

 private:
  void Listen();

  const std::unique_ptr<Doorbell> doorbell_;
  std::stop_source stop_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace omnibus::cli
