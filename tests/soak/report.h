// The loss report of a soak: a page, a plot, and a line for each fault.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/soak/run.h"

namespace omnibus::soak {

struct ReportHeader {
  std::uint64_t seed = 0;
  int rate = 0;
  std::string command;  // that repeats it
  std::string machine;  // what it ran on
};

// Writes DIRECTORY/report.md, soak.svg and faults.csv.
absl::Status WriteReport(const std::string& directory, const ReportHeader& header,
                         const std::vector<RunResult>& results);

// Throughput over time, with the faults marked.
std::string Plot(const std::vector<RunResult>& results);

}  // namespace omnibus::soak
