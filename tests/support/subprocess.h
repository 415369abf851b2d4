// Runs a program as its users do: real processes, real pipes, real signals.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace omnibus::testing {

struct SubprocessOptions {
  std::string input = {};  // for its standard input, which then ends
  std::vector<std::pair<std::string, std::string>> environment = {};  // beside this process's own
  bool close_output = false;  // it starts without a standard output
};

// One program that runs. What is still running is killed by the destructor.
//
// Thread-safety: one thread.
class Subprocess {
 public:
  // The first of `command` is its path.
  explicit Subprocess(std::vector<std::string> command, SubprocessOptions options = {});
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  // Waits until what it wrote so far has `text` in it. False when it ended, or the time was over,
  // without.
  bool WaitForOutput(const std::string& text,
                     std::chrono::seconds timeout = std::chrono::seconds(30));
  bool WaitForErrors(const std::string& text,
                     std::chrono::seconds timeout = std::chrono::seconds(30));

  void Signal(int signal);

  // Nobody reads its standard output any more.
  void CloseOutput();

  // Waits for its end. The exit code; 128 + N: signal N ended it; -1: it had not ended when the
  // time was over, and was killed.
  int Wait(std::chrono::seconds timeout = std::chrono::seconds(30));

  // All that it wrote so far.
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }

 private:
  // Takes what there is to be read, or waits for it until `deadline`. False: both ends are closed,
  // or the time is over.
  bool Pump(std::chrono::steady_clock::time_point deadline);
  bool WaitFor(const std::string& text, const std::string& where, std::chrono::seconds timeout);

  pid_t pid_ = -1;
  int output_pipe_ = -1;
  int errors_pipe_ = -1;
  std::string output_;
  std::string errors_;
};

struct Finished {
  int code = -1;
  std::string output;
  std::string errors;
};

// Runs it to its end.
Finished RunToEnd(std::vector<std::string> command, SubprocessOptions options = {},
                  std::chrono::seconds timeout = std::chrono::seconds(60));

}  // namespace omnibus::testing
