// A process of a soak: runs beside us, is killed, frozen and reaped by us.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace omnibus::soak {

// Thread-safety: one thread.
class Process {
 public:
  // What it writes to standard output and error is appended to the file `log`. The first of
  // `command` is its path.
  Process(std::vector<std::string> command, const std::string& log);
  // Kills it, if it runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const;
  bool Running();

  // Waits for its end. The exit code; 128 + N: signal N ended it; -1: it had not ended when the
  // time was over, and still runs.
  int Wait(absl::Duration timeout);

 private:
  pid_t pid_ = -1;  // -1: it was reaped, or never began
  int code_ = -1;
};

}  // namespace omnibus::soak
