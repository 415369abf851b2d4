// Many runs, each in a process that may die of what it finds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/planted_bug.h"
#include "tests/simulation/run.h"

namespace omnibus::simulation {

struct SeedResult {
  std::uint64_t seed = 0;
  std::size_t messages = 0;
  std::size_t faults = 0;
  std::map<std::string, std::size_t> kinds;  // of findings, and how many
  std::string first;                         // the first finding, for people
};

struct FarmOptions {
  std::uint64_t from = 1;
  std::uint64_t to = 1;
  PlantedBug bug = PlantedBug::kNone;
  RunResult (*run)(std::uint64_t seed, std::function<void(const std::string&)> print) = &Run;
  int processes = 1;
  bool stop_at_first = false;  // when one seed has been found
  std::function<void(const SeedResult&)> on_result;
};

// Runs all seeds. A run that ends its process (a deadlock, an assertion, a crash) or does not come
// to its end is a finding too.
//
// Not for a process with threads: it forks.
void RunAll(const FarmOptions& options);

}  // namespace omnibus::simulation
