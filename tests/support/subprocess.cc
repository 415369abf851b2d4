#include "tests/support/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>

extern char** environ;  // NOLINT: POSIX has it so

namespace omnibus::testing {
namespace {

using Clock = std::chrono::steady_clock;

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

// Takes what is there. False at the end.
bool ReadSome(int pipe, std::string& into) {
  char buffer[1 << 14];
  const ssize_t n = read(pipe, buffer, sizeof(buffer));
  if (n > 0) into.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

void CloseOnce(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

// An input that is a file needs nobody to feed it.
int InputFile(const std::string& text) {
  std::FILE* file = std::tmpfile();
  std::fwrite(text.data(), 1, text.size(), file);
  std::rewind(file);
  const int descriptor = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  std::fclose(file);
  lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

}  // namespace

Subprocess::Subprocess(std::vector<std::string> command, SubprocessOptions options) {
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) std::abort();
  int input = InputFile(options.input);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (options.close_output) {
    posix_spawn_file_actions_addclose(&actions, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  }
  posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);

  // As from a shell: nothing blocked, nothing ignored.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
  // The first of a name counts.
  for (const auto& [name, value] : options.environment) {
    environment.insert(environment.begin(), name + "=" + value);
  }
  std::vector<char*> argv, envp;
  for (std::string& each : command) argv.push_back(each.data());
  for (std::string& each : environment) envp.push_back(each.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const int failed =
      posix_spawn(&pid_, command[0].c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  CloseOnce(input);
  CloseOnce(output[1]);
  CloseOnce(errors[1]);
  output_pipe_ = output[0];
  errors_pipe_ = errors[0];
  if (failed != 0) {
    std::fprintf(stderr, "cannot start %s\n", command[0].c_str());
    pid_ = -1;
  }
}

Subprocess::~Subprocess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseOnce(output_pipe_);
  CloseOnce(errors_pipe_);
}

bool Subprocess::Pump(Clock::time_point deadline) {
  pollfd polled[] = {{output_pipe_, POLLIN, 0}, {errors_pipe_, POLLIN, 0}};
  if (output_pipe_ < 0 && errors_pipe_ < 0) return false;
  const int ready = poll(polled, 2, MillisecondsUntil(deadline));
  if (ready == 0 && Clock::now() >= deadline) return false;
  if (polled[0].revents != 0 && !ReadSome(output_pipe_, output_)) CloseOnce(output_pipe_);
  if (polled[1].revents != 0 && !ReadSome(errors_pipe_, errors_)) CloseOnce(errors_pipe_);
  return true;
}

bool Subprocess::WaitFor(const std::string& text, const std::string& where,
                         std::chrono::seconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  while (where.find(text) == std::string::npos) {
    if (!Pump(deadline)) return where.find(text) != std::string::npos;
  }
  return true;
}

bool Subprocess::WaitForOutput(const std::string& text, std::chrono::seconds timeout) {
  return WaitFor(text, output_, timeout);
}

bool Subprocess::WaitForErrors(const std::string& text, std::chrono::seconds timeout) {
  return WaitFor(text, errors_, timeout);
}

void Subprocess::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

void Subprocess::CloseOutput() { CloseOnce(output_pipe_); }

int Subprocess::Wait(std::chrono::seconds timeout) {
  if (pid_ <= 0) return -1;
  const Clock::time_point deadline = Clock::now() + timeout;
  // Its pipes end with it; what it left behind in them is read first.
  while (Pump(deadline)) {
  }
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(pid_, &status, WNOHANG)) == 0 && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (ended == 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return -1;
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Finished RunToEnd(std::vector<std::string> command, SubprocessOptions options,
                  std::chrono::seconds timeout) {
  Subprocess process(std::move(command), std::move(options));
  Finished finished;
  finished.code = process.Wait(timeout);
  finished.output = process.output();
  finished.errors = process.errors();
  return finished;
}

}  // namespace omnibus::testing
