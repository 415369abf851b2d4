#include "cli/stop_signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace omnibus::cli {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

StopSignals::StopSignals(Runtime& runtime) : doorbell_(runtime.NewDoorbell()) {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Listen(); });
}

StopSignals::~StopSignals() {
  ended_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);  // to that thread alone: wakes it
  thread_.join();
}

void StopSignals::Listen() {
  const sigset_t signals = Signals();
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (ended_) return;
    if (!stop_.request_stop()) _exit(128 + signal);  // the second one
    doorbell_->Ring();
  }
}

bool StopSignals::Wait(absl::Time deadline) {
  while (!stopped()) {
    if (!doorbell_->Wait(deadline)) return stopped();
  }
  return true;
}

}  // namespace omnibus::cli
