#include "tests/simulation/farm.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/simulation/planted_bugs.h"
#include "tests/simulation/run.h"

namespace omnibus::simulation {
namespace {

// A run takes a tenth of a second of processor time: whatever takes that much, does not end. By the
// wall it may take any time on a machine that others have; only what stands still without using any
// is ended by that clock.
constexpr int kLongestRunSeconds = 20;
constexpr int kLongestStandstillSeconds = 900;

// From now on, for one run. Either signal ends the process.
void LimitRun() {
  itimerval limit = {};
  limit.it_value.tv_sec = kLongestRunSeconds;
  setitimer(ITIMER_PROF, &limit, nullptr);
  alarm(kLongestStandstillSeconds);
}

// Runs every so-manieth seed from that one on, and writes a line for each into `out`: seed,
// messages, faults, findings.
[[noreturn]] void Work(const FarmOptions& options, std::uint64_t from, int processor, int out) {
  // The threads of a run take turns: on one processor that costs least.
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(processor, &processors);
  sched_setaffinity(0, sizeof processors, &processors);
  // What kills it is reported by its parent.
  if (const int null = open("/dev/null", O_WRONLY); null >= 0) dup2(null, STDERR_FILENO);
  Plant(options.bug);
  const auto step = static_cast<std::uint64_t>(options.processes);
  for (std::uint64_t seed = from; seed <= options.to; seed += step) {
    LimitRun();
    const RunResult result = options.run(seed, nullptr);
    std::map<std::string, std::size_t> kinds;
    for (const Finding& finding : result.findings) ++kinds[finding.kind];
    std::string line = absl::StrCat(seed, "\t", result.messages, "\t", result.faults, "\t");
    if (!result.findings.empty()) absl::StrAppend(&line, result.findings[0].what);
    for (const auto& [kind, count] : kinds) absl::StrAppend(&line, "\t", kind, "\t", count);
    line += '\n';
    if (write(out, line.data(), line.size()) < 0) _exit(1);
  }
  _exit(0);
}

struct Worker {
  pid_t pid = -1;
  int in = -1;
  std::uint64_t next = 0;
  std::string unread;
};

void Start(Worker& worker, const FarmOptions& options, int index) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(nullptr);
  worker.pid = fork();
  if (worker.pid == 0) {
    close(ends[0]);
    const int processors = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
    Work(options, worker.next, index % processors, ends[1]);
  }
  close(ends[1]);
  worker.in = ends[0];
}

SeedResult Read(const std::string& line) {
  SeedResult result;
  const std::vector<std::string> fields = absl::StrSplit(line, '\t');
  (void)absl::SimpleAtoi(fields[0], &result.seed);
  (void)absl::SimpleAtoi(fields[1], &result.messages);
  (void)absl::SimpleAtoi(fields[2], &result.faults);
  result.first = fields[3];
  for (std::size_t i = 4; i + 1 < fields.size(); i += 2) {
    (void)absl::SimpleAtoi(fields[i + 1], &result.kinds[fields[i]]);
  }
  return result;
}

SeedResult Died(std::uint64_t seed, int status) {
  SeedResult result;
  result.seed = seed;
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGPROF || signal == SIGALRM) {
    result.kinds["does not end"] = 1;
  } else {
    result.kinds["dies"] = 1;
  }
  result.first = signal != 0 ? absl::StrCat("signal ", signal)
                             : absl::StrCat("exit code ", WEXITSTATUS(status));
  return result;
}

}  // namespace

void RunAll(const FarmOptions& options) {
  std::vector<Worker> workers(static_cast<std::size_t>(options.processes));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i].next = options.from + i;
    if (workers[i].next <= options.to) Start(workers[i], options, static_cast<int>(i));
  }
  bool stop = false;
  const auto report = [&](const SeedResult& result) {
    options.on_result(result);
    stop = stop || (options.stop_at_first && !result.kinds.empty());
  };
  while (!stop) {
    std::vector<pollfd> polled;
    for (const Worker& worker : workers) {
      if (worker.in >= 0) polled.push_back({worker.in, POLLIN, 0});
    }
    if (polled.empty()) break;
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < workers.size() && !stop; ++i) {
      Worker& worker = workers[i];
      bool ready = false;
      for (const pollfd& each : polled)
        ready = ready || (each.fd == worker.in && each.revents != 0);
      if (worker.in < 0 || !ready) continue;
      char buffer[4096];
      const ssize_t size = read(worker.in, buffer, sizeof buffer);
      if (size > 0) {
        worker.unread.append(buffer, static_cast<std::size_t>(size));
        std::size_t end = 0;
        while ((end = worker.unread.find('\n')) != std::string::npos) {
          report(Read(worker.unread.substr(0, end)));
          worker.unread.erase(0, end + 1);
          worker.next += static_cast<std::uint64_t>(options.processes);
        }
        continue;
      }
      close(worker.in);
      worker.in = -1;
      int status = 0;
      waitpid(worker.pid, &status, 0);
      if (worker.next > options.to) continue;
      report(Died(worker.next, status));
      worker.next += static_cast<std::uint64_t>(options.processes);
      worker.unread.clear();
      if (worker.next <= options.to && !stop) Start(worker, options, static_cast<int>(i));
    }
  }
  for (Worker& worker : workers) {
    if (worker.in < 0) continue;
    kill(worker.pid, SIGKILL);
    close(worker.in);
    waitpid(worker.pid, nullptr, 0);
  }
}

}  // namespace omnibus::simulation
