// One run of a soak: a broker or a cluster, its crew, and faults until the time is over.
#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/soak/site.h"
#include "tests/soak/verdict.h"

namespace omnibus::soak {

struct RunOptions {
  Transport transport = Transport::kKafka;
  Topology topology = Topology::kSingle;
  std::string program;    // this program's own path
  std::string directory;  // for journals, logs and the configuration; it is made
  std::uint64_t seed = 0;
  absl::Duration duration = absl::Minutes(5);
  int rate = 100;                   // ticks a second
  std::vector<std::string> faults;  // only these, by name; empty: all
  double patience = 1;              // all bounds on time are so much wider
  std::stop_token stop;             // ends it early, and well
};

// One second of a run.
struct Second {
  int published = 0;
  int confirmed = 0;
  std::array<int, kGroups.size()> handled = {};  // each tick once
};

struct RunResult {
  Transport transport = Transport::kKafka;
  Topology topology = Topology::kSingle;
  std::int64_t begin = 0;  // when traffic began
  std::int64_t end = 0;    // when it was stopped
  std::vector<Window> windows;
  std::vector<Second> seconds;  // from `begin` on
  Verdict verdict;
};

// Says on standard error what happens. An error: it could not be carried out; what it found is in
// the result's verdict.
absl::StatusOr<RunResult> Run(const RunOptions& options);

}  // namespace omnibus::soak
