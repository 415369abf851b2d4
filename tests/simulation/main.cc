// omnibus-sim: runs the bus on simulated brokers, from seeds.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/simulation/farm.h"
#include "tests/simulation/planted_bugs.h"
#include "tests/simulation/run.h"
#include "tests/simulation/story_run.h"

namespace omnibus::simulation {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string Kinds(const SeedResult& result) {
  std::string text;
  for (const auto& [kind, count] : result.kinds) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", count, " x ", kind);
  }
  return text;
}

// One run, step by step.
int Replay(const FarmOptions& options, std::uint64_t seed, bool steps) {
  // So that all of them are seen when the run dies.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const RunResult result =
      options.run(seed, steps ? [](const std::string& step) { std::printf("%s\n", step.c_str()); }
                              : std::function<void(const std::string&)>());
  for (const Finding& finding : result.findings) {
    std::printf("seed %ju: %s: %s\n", static_cast<std::uintmax_t>(seed), finding.kind.c_str(),
                finding.what.c_str());
  }
  std::printf("seed %ju: %zu messages, %zu faults: %s\n", static_cast<std::uintmax_t>(seed),
              result.messages, result.faults, result.findings.empty() ? "clean" : "WRONG");
  return result.findings.empty() ? 0 : 1;
}

int RunSeeds(FarmOptions options, bool json) {
  const Clock::time_point start = Clock::now();
  std::size_t runs = 0;
  std::size_t messages = 0;
  std::size_t failed = 0;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  options.on_result = [&](const SeedResult& result) {
    ++runs;
    messages += result.messages;
    if (json) {
      std::string kinds;
      for (const auto& [kind, count] : result.kinds) {
        absl::StrAppend(&kinds, kinds.empty() ? "" : ",", "\"", kind, "\":", count);
      }
      std::printf("{\"seed\":%ju,\"messages\":%zu,\"faults\":%zu,\"findings\":{%s}}\n",
                  static_cast<std::uintmax_t>(result.seed), result.messages, result.faults,
                  kinds.c_str());
    }
    if (!result.kinds.empty()) {
      ++failed;
      if (!json) {
        std::printf("seed %ju: %s (%s)\n", static_cast<std::uintmax_t>(result.seed),
                    Kinds(result).c_str(), result.first.c_str());
        std::fflush(stdout);
      }
    }
    if (terminal && runs % 10 == 0) {
      std::fprintf(stderr, "\r%zu runs, %zu failed, %.0f messages/s ", runs, failed,
                   static_cast<double>(messages) / SecondsSince(start));
    }
  };
  RunAll(options);
  if (terminal) std::fprintf(stderr, "\r");
  const double seconds = SecondsSince(start);
  std::fprintf(json ? stderr : stdout,
               "%zu runs, %zu failed; %zu messages in %.1f s, %.0f messages/s\n", runs, failed,
               messages, seconds, static_cast<double>(messages) / seconds);
  return failed == 0 ? 0 : 1;
}

// The table of docs/simulation.md.
int RunBugs(FarmOptions options) {
  std::printf("| planted bug | what it is | found in | of seeds | first | as |\n");
  std::printf("|---|---|---:|---:|---:|---|\n");
  bool all = true;
  for (const BugDescription& bug : AllBugs()) {
    std::size_t runs = 0;
    std::size_t found = 0;
    std::uint64_t first = 0;
    std::map<std::string, std::size_t> kinds;
    options.bug = bug.bug;
    options.on_result = [&](const SeedResult& result) {
      ++runs;
      if (result.kinds.empty()) return;
      if (++found == 1 || result.seed < first) first = result.seed;
      for (const auto& [kind, count] : result.kinds) ++kinds[kind];
    };
    RunAll(options);
    std::string as;
    for (const auto& [kind, count] : kinds) absl::StrAppend(&as, as.empty() ? "" : ", ", kind);
    std::printf("| %s | %s | %zu | %zu | %s | %s |\n", std::string(bug.name).c_str(),
                std::string(bug.what).c_str(), found, runs,
                found == 0 ? "" : absl::StrCat(first).c_str(), as.c_str());
    std::fflush(stdout);
    all = all && found > 0;
  }
  return all ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app{"Runs the bus on simulated brokers: everything that happens comes from a seed."};
  std::string seeds = "1..500";
  std::optional<std::uint64_t> seed;
  std::string bug;
  bool steps = false;
  bool bugs = false;
  bool json = false;
  bool stories = false;
  FarmOptions options;
  options.processes = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  app.add_option("--seeds", seeds, "FROM..TO, each a run (default 1..500)");
  app.add_option("--seed", seed, "one run, in this process");
  app.add_flag("--steps", steps, "with --seed: prints every step");
  app.add_option("--bug", bug, "plants that bug");
  app.add_flag("--bugs", bugs, "plants each bug in turn, and prints how many seeds found it");
  app.add_flag("--stories", stories, "runs the stories of the reference domains instead");
  app.add_flag("--first", options.stop_at_first, "stops at the first seed that finds something");
  app.add_option("--processes", options.processes, "runs at a time (default: processors)")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", json, "one JSON object for each run");
  CLI11_PARSE(app, argc, argv);

  if (stories) options.run = &RunStories;
  if (!bug.empty()) {
    for (const BugDescription& each : AllBugs()) {
      if (each.name == bug) options.bug = each.bug;
    }
    if (options.bug == PlantedBug::kNone) {
      std::fprintf(stderr, "omnibus-sim: no such bug: %s; there are:\n", bug.c_str());
      for (const BugDescription& each : AllBugs()) {
        std::fprintf(stderr, "  %s\n", std::string(each.name).c_str());
      }
      return 2;
    }
  }
  if (seed.has_value()) {
    Plant(options.bug);
    return Replay(options, *seed, steps);
  }
  const std::vector<std::string> range = absl::StrSplit(seeds, "..");
  if (range.size() != 2 || !absl::SimpleAtoi(range[0], &options.from) ||
      !absl::SimpleAtoi(range[1], &options.to) || options.from > options.to) {
    std::fprintf(stderr, "omnibus-sim: --seeds: expected FROM..TO, found %s\n", seeds.c_str());
    return 2;
  }
  return bugs ? RunBugs(std::move(options)) : RunSeeds(std::move(options), json);
}

}  // namespace
}  // namespace omnibus::simulation

int main(int argc, char** argv) { return omnibus::simulation::Main(argc, argv); }
