// Results of `bench`: for programs, for people, and as a report.
#pragma once

#include <string>
#include <vector>

#include "bench/dispatch.h"
#include "bench/latency.h"
#include "bench/report.h"
#include "bench/serialization.h"
#include "bench/throughput.h"
#include "cli/bench.h"

namespace omnibus::cli {

// What all results say about themselves.
struct BenchSubject {
  BenchCommand command;
  std::string event;      // its type
  std::string transport;  // the entry's name
  std::vector<NamedValue> machine;
};

// What is printed and reported.
struct BenchOutcome {
  std::vector<std::string> json;  // a line each
  bench::Report report;           // its first tables are the results
  std::string failure;            // empty: all is well
};

BenchOutcome OutcomeOf(const BenchSubject& subject,
                       const std::vector<bench::SerializationResult>& results);
BenchOutcome OutcomeOf(const BenchSubject& subject, const bench::DispatchResult& result);
BenchOutcome OutcomeOf(const BenchSubject& subject, const bench::ThroughputResult& result);
BenchOutcome OutcomeOf(const BenchSubject& subject, const bench::LatencyResult& result);

}  // namespace omnibus::cli
