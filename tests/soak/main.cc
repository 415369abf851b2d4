// Draws random faults from a seed against real brokers while events flow, and reports what was
// lost. See docs/soak.md.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/stop_signals.h"
#include "omnibus/configuration.h"
#include "tests/soak/report.h"
#include "tests/soak/roles.h"
#include "tests/soak/run.h"

namespace omnibus::soak {
namespace {

struct SoakOptions {
  std::string duration = "10m";
  std::uint64_t seed = 0;
  bool seeded = false;
  int rate = 100;
  std::vector<std::string> transports = {"kafka", "rabbitmq"};
  std::vector<std::string> topologies = {"single", "cluster"};
  std::vector<std::string> faults;
  double patience = 1;
  std::string out = "soak";
};

std::string ThisProgram() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string Machine() {
  utsname name{};
  uname(&name);
  return absl::StrCat("Linux on ", std::thread::hardware_concurrency(), " cores (", name.machine,
                      ").");
}

std::string Command(const SoakOptions& options) {
  std::string command = absl::StrCat("omnibus_soak run --duration ", options.duration, " --seed ",
                                     options.seed, " --rate ", options.rate, " --transports ",
                                     absl::StrJoin(options.transports, " "), " --topologies ",
                                     absl::StrJoin(options.topologies, " "));
  if (options.patience != 1) absl::StrAppend(&command, " --patience ", options.patience);
  for (const std::string& fault : options.faults)
    absl::StrAppend(&command, " --fault '", fault, "'");
  return command;
}

// One transport: its topologies one after the other. The exit code.
int RunTransport(const SoakOptions& options, const std::string& transport, absl::Duration duration,
                 std::stop_token stop, std::vector<RunResult>& results) {
  for (const std::string& topology : options.topologies) {
    if (stop.stop_requested()) break;
    RunOptions run;
    run.transport = transport == "kafka" ? Transport::kKafka : Transport::kRabbitMq;
    run.topology = topology == "single" ? Topology::kSingle : Topology::kCluster;
    run.program = ThisProgram();
    run.directory = absl::StrCat(options.out, "/", transport, "-", topology);
    run.seed = options.seed;
    run.duration = duration / static_cast<std::int64_t>(options.topologies.size());
    run.rate = options.rate;
    run.faults = options.faults;
    run.patience = options.patience;
    run.stop = stop;
    absl::StatusOr<RunResult> result = Run(run);
    if (!result.ok()) {
      std::fprintf(stderr, "soak: %s, %s: %s\n", transport.c_str(), topology.c_str(),
                   result.status().ToString().c_str());
      return absl::IsUnavailable(result.status()) ? 69 : 1;
    }
    results.push_back(*std::move(result));
  }
  return 0;
}

int RunSoak(SoakOptions options) {
  absl::Duration duration;
  if (absl::Status status = ParseScalar(options.duration, duration); !status.ok()) {
    std::fprintf(stderr, "soak: --duration: %s\n", status.ToString().c_str());
    return 2;
  }
  if (!options.seeded) options.seed = std::random_device()() % 1'000'000;
  std::filesystem::create_directories(options.out);
  options.out = std::filesystem::absolute(options.out).string();
  cli::StopSignals stop(SystemRuntime());
  std::fprintf(stderr, "soak: seed %llu, %s\n", static_cast<unsigned long long>(options.seed),
               options.duration.c_str());

  // Both at the same time, and each on a thread of its own: it ends the processes that it started.
  std::vector<std::vector<RunResult>> results(options.transports.size());
  std::vector<int> codes(options.transports.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < options.transports.size(); ++i) {
      threads.emplace_back([&, i] {
        codes[i] = RunTransport(options, options.transports[i], duration, stop.token(), results[i]);
      });
    }
  }
  std::vector<RunResult> all;
  for (std::vector<RunResult>& each : results) {
    for (RunResult& result : each) all.push_back(std::move(result));
  }
  const ReportHeader header = {.seed = options.seed,
                               .rate = options.rate,
                               .command = Command(options),
                               .machine = Machine()};
  if (absl::Status status = WriteReport(options.out, header, all); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  int code = *std::max_element(codes.begin(), codes.end());
  for (const RunResult& result : all) {
    for (const std::string& broken : result.verdict.broken) {
      std::fprintf(stderr, "soak: %s, %s: %s\n", NameOf(result.transport), NameOf(result.topology),
                   broken.c_str());
      code = std::max(code, 1);
    }
  }
  std::printf("seed %llu: %s; the report is %s/report.md\n",
              static_cast<unsigned long long>(options.seed),
              code == 0 ? "all bounds were kept" : "it did not go well", options.out.c_str());
  return code;
}

void AddRole(CLI::App& command, RoleOptions& role) {
  command.add_option("--config", role.config)->required();
  command.add_option("--journal", role.journal)->required();
}

int Main(int argc, char** argv) {
  CLI::App app("Draws random faults against real brokers, and reports what was lost.");
  app.require_subcommand(1);

  SoakOptions soak;
  CLI::App* run = app.add_subcommand("run", "the soak; exit code 1: a bound was broken");
  run->add_option("--duration", soak.duration, "of all topologies together")->capture_default_str();
  const CLI::Option* seed = run->add_option("--seed", soak.seed, "default: a random one");
  run->add_option("--rate", soak.rate, "events a second to each broker")->capture_default_str();
  run->add_option("--transports", soak.transports)
      ->check(CLI::IsMember({"kafka", "rabbitmq"}))
      ->capture_default_str();
  run->add_option("--topologies", soak.topologies)
      ->check(CLI::IsMember({"single", "cluster"}))
      ->capture_default_str();
  run->add_option("--fault", soak.faults, "only this one; may be given several times");
  run->add_option("--patience", soak.patience, "all bounds on time are so much wider")
      ->capture_default_str();
  run->add_option("--out", soak.out, "folder of the report and all journals")
      ->capture_default_str();

  PublisherOptions publisher;
  CLI::App* publish = app.add_subcommand("publisher", "a process of the soak")->group("");
  AddRole(*publish, publisher.role);
  publish->add_option("--rate", publisher.rate);
  publish->add_option("--seed", publisher.seed);

  MemberOptions member;
  CLI::App* handle = app.add_subcommand("member", "a process of the soak")->group("");
  AddRole(*handle, member.role);
  handle->add_option("--module", member.module)->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*publish) return RunPublisher(publisher);
  if (*handle) return RunMember(member);
  soak.seeded = seed->count() > 0;
  return RunSoak(soak);
}

}  // namespace
}  // namespace omnibus::soak

int main(int argc, char** argv) { return omnibus::soak::Main(argc, argv); }
