// A member of a consumer group as a process of its own, that tests freeze, kill and restart:
//
//   faults_member KIND ADDRESS NAME JOURNAL [POINT PASS]
//
// Runs the workshop's joiner until SIGTERM, then drains. Each line that it appends to JOURNAL is
// "TIME NAME H|E ID": when its handler began and ended, in nanoseconds of a clock that all
// processes share. Prints "ready" once its consumer is registered.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"
#include "tests/faults/bus_on_trial.h"
#include "tests/faults/kill_point.h"

namespace omnibus::faults {
namespace {

// Written at once, by one call: a process that is killed leaves whole lines.
class Journal {
 public:
  Journal(const char* path, std::string name)
      : file_(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        name_(std::move(name)) {}

  void Write(char what, const std::string& id) const {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long long nanoseconds = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
    const std::string line =
        std::to_string(nanoseconds) + " " + name_ + " " + what + " " + id + "\n";
    if (write(file_, line.data(), line.size()) < 0) std::abort();
  }

 private:
  const int file_;
  const std::string name_;
};

int Run(int argc, char** argv) {
  if (argc != 5 && argc != 7) return 2;
  const Kind kind = std::string_view(argv[1]) == "kafka" ? Kind::kKafka : Kind::kRabbitMq;
  spdlog::set_default_logger(spdlog::stderr_logger_mt(argv[3]));

  // Before any thread: all of them leave the signal to sigwait().
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  const Journal journal(argv[4], argv[3]);
  KillPoint kill(argc == 7 ? argv[5] : "", argc == 7 ? std::atoi(argv[6]) : 0);
  BusOnTrialOptions options;
  options.module_settings = "{concurrency: 4}";
  options.decorate = [&kill](TransportPlugin plugin) {
    return WithKillPoints(std::move(plugin), kill);
  };
  absl::StatusOr<std::unique_ptr<Bus>> bus = OpenBusOnTrial(
      kind, argv[2],
      [&](const workshop::Ordered& order, Context& context) {
        kill.Pass("decoded");
        journal.Write('H', order.what);
        kill.Pass("handled");
        absl::Status made = context.Publish(workshop::Made{order.bench, order.what});
        journal.Write('E', order.what);
        return made;
      },
      options);
  if (!bus.ok()) {
    std::fprintf(stderr, "%s\n", bus.status().ToString().c_str());
    return 1;
  }
  if (absl::Status ready = (*bus)->WaitUntilReady(absl::Seconds(60)); !ready.ok()) {
    std::fprintf(stderr, "%s\n", ready.ToString().c_str());
    return 1;
  }
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  const absl::Status closed = (*bus)->Close(absl::Seconds(20));
  if (!closed.ok()) std::fprintf(stderr, "%s\n", closed.ToString().c_str());
  return closed.ok() ? 0 : 1;
}

}  // namespace
}  // namespace omnibus::faults

int main(int argc, char** argv) { return omnibus::faults::Run(argc, argv); }
