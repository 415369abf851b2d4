#include "benchmarks/ratio_table.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace benchmarks {
namespace {

struct Row {
  std::string who;
  double median = 0;  // nanoseconds
  double spread = 0;  // the standard deviation, as a fraction of the mean
};

// By "encode/M1", in the order of registration.
std::vector<std::pair<std::string, std::vector<Row>>>& Tables() {
  static std::vector<std::pair<std::string, std::vector<Row>>> tables;
  return tables;
}

std::vector<Row>& TableOf(const std::string& title) {
  for (auto& [each, rows] : Tables()) {
    if (each == title) return rows;
  }
  return Tables().emplace_back(title, std::vector<Row>()).second;
}

Row* Find(const std::string& name) {
  for (auto& [title, rows] : Tables()) {
    for (Row& row : rows) {
      if (name == title + "/" + row.who) return &row;
    }
  }
  return nullptr;
}

// Keeps the medians, and says what is under way.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Aggregate) continue;
      Row* const row = Find(run.run_name.function_name);
      if (row == nullptr) continue;
      if (run.aggregate_name == "median") row->median = run.GetAdjustedCPUTime();
      if (run.aggregate_name == "cv") row->spread = run.cpu_accumulated_time;
    }
  }
};

double MedianOf(const std::vector<Row>& rows, std::string_view who) {
  for (const Row& row : rows) {
    if (row.who == who) return row.median;
  }
  return 0;
}

void Print() {
  for (const auto& [title, rows] : Tables()) {
    const double copy = MedianOf(rows, kMemcpy);
    const double ours = MedianOf(rows, kOurs);
    std::printf("\n%-32s %10s %8s %10s %14s\n", title.c_str(), "median ns", "spread", "x memcpy",
                "omnibus / it");
    for (const Row& row : rows) {
      if (row.median == 0) continue;  // not run
      std::printf("  %-30s %10.1f %7.1f%%", row.who.c_str(), row.median, 100 * row.spread);
      copy > 0 ? static_cast<void>(std::printf(" %10.2f", row.median / copy))
               : static_cast<void>(std::printf(" %10s", "-"));
      std::printf(" %14.2f\n", ours / row.median);
    }
  }
}

}  // namespace

void Register(const std::string& work, const std::string& message, const std::string& who,
              std::function<void(benchmark::State&)> run) {
  const std::string title = work + "/" + message;
  TableOf(title).push_back({.who = who});
  benchmark::RegisterBenchmark((title + "/" + who).c_str(), std::move(run));
}

void Fail(const std::string& what) {
  std::fprintf(stderr, "%s failed\n", what.c_str());
  std::exit(1);
}

int RunInterleaved(int argc, char** argv) {
  std::vector<std::string> arguments = {argv[0], "--benchmark_enable_random_interleaving=true",
                                        "--benchmark_repetitions=9", "--benchmark_min_time=0.05"};
  arguments.insert(arguments.end(), argv + 1, argv + argc);  // the caller's win
  std::vector<char*> pointers;
  for (std::string& each : arguments) pointers.push_back(each.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 1;
  Collector collector;
  if (benchmark::RunSpecifiedBenchmarks(&collector) == 0) return 1;
  Print();
  return 0;
}

}  // namespace benchmarks
