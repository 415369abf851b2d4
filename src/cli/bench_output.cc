#include "cli/bench_output.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/numbers.h"
#include "bench/plot.h"
#include "cli/json_line.h"
#include "omnibus/envelope.h"

namespace omnibus::cli {
namespace {

using bench::Short;
using bench::Thousands;
using Rows = std::vector<std::vector<std::string>>;

JsonLine& Real(JsonLine& line, std::string_view name, double value) {
  return line.Raw(name, absl::StrFormat("%.6g", value));
}

std::string JsonOf(const std::vector<NamedValue>& values) {
  JsonLine line;
  for (const NamedValue& each : values) line.Text(each.name, each.value);
  return line.Done();
}

// Those that were given, and what stands for those that were not.
std::vector<NamedValue> OptionsOf(const BenchSubject& subject) {
  const BenchCommand& command = subject.command;
  std::vector<NamedValue> options = {{"transport", subject.transport}, {"event", subject.event}};
  if (command.duration.has_value()) {
    options.push_back({"duration", absl::FormatDuration(*command.duration)});
  }
  if (command.messages.has_value()) {
    options.push_back({"messages", absl::StrCat(*command.messages)});
  }
  if (command.size > 0) options.push_back({"size", absl::StrCat(command.size)});
  if (command.rate > 0) options.push_back({"rate", absl::StrCat(command.rate)});
  if (command.what == BenchCommand::What::kSerialization) return options;
  options.push_back({"publishers", absl::StrCat(command.publishers)});
  options.push_back({"wait", command.wait ? "yes" : "no"});
  options.push_back({"keys", absl::StrCat(command.keys)});
  return options;
}

Rows RowsOf(const std::vector<NamedValue>& values) {
  Rows rows;
  for (const NamedValue& each : values) rows.push_back({each.name, each.value});
  return rows;
}

// Each line begins and ends alike.
JsonLine Begin(const BenchSubject& subject) {
  JsonLine line;
  line.Text("bench", NameOf(subject.command.what)).Text("transport", subject.transport);
  return line;
}
std::string Finish(const BenchSubject& subject, JsonLine& line) {
  line.Raw("options", JsonOf(OptionsOf(subject))).Raw("machine", JsonOf(subject.machine));
  return line.Done();
}

void Describe(const BenchSubject& subject, BenchOutcome& outcome) {
  outcome.report.title = absl::StrCat("omnibus bench ", std::string(NameOf(subject.command.what)));
  outcome.report.tables.push_back({"Options", RowsOf(OptionsOf(subject))});
  outcome.report.tables.push_back({"Machine", RowsOf(subject.machine)});
}

// What a run of events says for programs: of throughput and of latency.
template <typename Result>
void AddRun(const BenchSubject& subject, const Result& result, JsonLine& line) {
  line.Text("event", subject.event)
      .Number("messages", result.messages)
      .Number("body_bytes", static_cast<std::int64_t>(result.body_bytes));
  Real(line, "seconds", result.seconds);
  Real(line, "rate", result.rate);
  Real(line, "cpu_seconds", result.cpu_seconds);
  line.Number("confirmed", result.confirmed)
      .Number("delivered", result.delivered)
      .Number("lost", result.lost)
      .Number("duplicated", result.duplicated);
}

void AddPercentiles(const bench::LatencyResult& result, JsonLine& line) {
  Real(line, "p50_us", result.p50_us);
  Real(line, "p90_us", result.p90_us);
  Real(line, "p99_us", result.p99_us);
  Real(line, "p999_us", result.p999_us);
  Real(line, "max_us", result.max_us);
}

Rows PercentileRows(const bench::LatencyResult& result) {
  return {{"median", Short(result.p50_us) + " us"},
          {"90 %", Short(result.p90_us) + " us"},
          {"99 %", Short(result.p99_us) + " us"},
          {"99.9 %", Short(result.p999_us) + " us"},
          {"longest", Short(result.max_us) + " us"}};
}

Rows RateRows(const bench::ThroughputResult& result) {
  const double count = static_cast<double>(std::max<std::int64_t>(
      1, result.mode == bench::Mode::kPublish ? result.confirmed : result.delivered));
  return {{"rate", Short(result.rate) + " messages/s"},
          {"messages", Thousands(result.messages)},
          {"body", Thousands(static_cast<std::int64_t>(result.body_bytes)) + " bytes"},
          {"time", Short(result.seconds) + " s"},
          {"CPU", absl::StrFormat("%.3f s, %.3f us a message", result.cpu_seconds,
                                  result.cpu_seconds * 1e6 / count)},
          {"confirmed", Thousands(result.confirmed)},
          {"delivered", Thousands(result.delivered)},
          {"lost", Thousands(result.lost)},
          {"duplicated", Thousands(result.duplicated)}};
}

std::string FailureOf(std::int64_t messages, std::int64_t confirmed, std::int64_t lost,
                      const std::string& reason) {
  std::string failure;
  if (!reason.empty()) {
    failure = absl::StrCat(messages - confirmed, " of ", messages,
                           " messages were not confirmed; the first: ", reason);
  }
  if (lost > 0) {
    if (!failure.empty()) failure += "\n";
    absl::StrAppend(&failure, lost, " messages did not come in time");
  }
  return failure;
}

std::string FailureOf(const bench::ThroughputResult& result) {
  return FailureOf(result.messages, result.confirmed, result.lost, result.failure);
}

// Messages a second between each two looks.
bench::Series RateSeries(const std::string& name, const std::vector<bench::Progress>& series,
                         std::int64_t bench::Progress::*count) {
  bench::Series rates{name, {}};
  bench::Progress before;
  for (const bench::Progress& each : series) {
    const double seconds = each.seconds - before.seconds;
    if (seconds < 0.05) continue;
    rates.points.emplace_back(each.seconds,
                              static_cast<double>(each.*count - before.*count) / seconds);
    before = each;
  }
  return rates;
}

std::string RatePlot(const bench::ThroughputResult& result) {
  std::vector<bench::Series> series;
  if (result.mode != bench::Mode::kConsume) {
    series.push_back(RateSeries("confirmed", result.series, &bench::Progress::confirmed));
  }
  if (result.mode != bench::Mode::kPublish) {
    series.push_back(RateSeries("delivered", result.series, &bench::Progress::delivered));
  }
  return bench::LinePlot({.title = "Messages a second", .x = "seconds", .y = "messages/s"}, series);
}

std::vector<std::string> LatencyPlots(const bench::LatencyResult& result) {
  const std::vector<double>& sorted = result.sorted_us;
  // How long the slowest part takes: x is one in so many.
  bench::Series tail{"", {}};
  for (double nines = 1; nines < static_cast<double>(sorted.size()); nines *= 1.2) {
    tail.points.emplace_back(nines, bench::Quantile(sorted, 1 - 1 / nines));
  }
  return {bench::LinePlot({.title = "Latency, publish to handler",
                           .x = "microseconds",
                           .y = "% of messages",
                           .logarithmic_x = true},
                          {{"", bench::Histogram(sorted)}}),
          bench::LinePlot({.title = "All but one in so many are faster than",
                           .x = "one in",
                           .y = "microseconds",
                           .logarithmic_x = true},
                          {tail})};
}

}  // namespace

BenchOutcome OutcomeOf(const BenchSubject& subject,
                       const std::vector<bench::SerializationResult>& results) {
  BenchOutcome outcome;
  std::vector<bench::Bar> bars;
  const auto cell = [](const bench::Spread& spread) {
    return absl::StrFormat("%s ns (%s to %s)", Short(spread.median), Short(spread.least),
                           Short(spread.most));
  };
  for (const bench::SerializationResult& result : results) {
    const std::string dialect(DialectName(result.dialect));
    JsonLine line = Begin(subject);
    line.Text("event", subject.event)
        .Text("envelope", dialect)
        .Number("body_bytes", static_cast<std::int64_t>(result.body_bytes));
    const std::pair<std::string, bench::Spread> rows[] = {
        {"encode", result.encode_ns}, {"decode", result.decode_ns}, {"memcpy", result.copy_ns}};
    Rows table = {{"body", Thousands(static_cast<std::int64_t>(result.body_bytes)) + " bytes"}};
    for (const auto& [name, spread] : rows) {
      Real(line, name + "_ns", spread.median);
      Real(line, name + "_ns_least", spread.least);
      Real(line, name + "_ns_most", spread.most);
      table.push_back({name, cell(spread)});
      bars.push_back({dialect + " " + name, spread.median, spread.least, spread.most});
    }
    outcome.json.push_back(Finish(subject, line));
    outcome.report.tables.push_back({dialect + " envelope", table});
  }
  outcome.report.plots = {bench::BarPlot("Nanoseconds a message", "ns", bars)};
  Describe(subject, outcome);
  return outcome;
}

BenchOutcome OutcomeOf(const BenchSubject& subject, const bench::DispatchResult& result) {
  BenchOutcome outcome;
  JsonLine line = Begin(subject);
  AddRun(subject, result.throughput, line);
  Real(line, "latency_rate", result.latency.rate);
  AddPercentiles(result.latency, line);
  Real(line, "idle_seconds", result.idle_seconds);
  Real(line, "idle_cpu_seconds", result.idle_cpu_seconds);
  outcome.json.push_back(Finish(subject, line));
  outcome.report.tables.push_back({"Throughput", RateRows(result.throughput)});
  Rows latency = PercentileRows(result.latency);
  latency.insert(latency.begin(), {"at", Short(result.latency.rate) + " messages/s"});
  outcome.report.tables.push_back({"Latency, publish to handler", latency});
  outcome.report.tables.push_back(
      {"Idle",
       {{"CPU", absl::StrFormat("%.2f %% of a core",
                                100 * result.idle_cpu_seconds / result.idle_seconds)}}});
  outcome.report.plots = LatencyPlots(result.latency);
  outcome.report.plots.insert(outcome.report.plots.begin(), RatePlot(result.throughput));
  outcome.failure = FailureOf(result.throughput);
  Describe(subject, outcome);
  return outcome;
}

BenchOutcome OutcomeOf(const BenchSubject& subject, const bench::ThroughputResult& result) {
  BenchOutcome outcome;
  JsonLine line = Begin(subject);
  line.Text("mode", bench::ModeName(result.mode));
  AddRun(subject, result, line);
  outcome.json.push_back(Finish(subject, line));
  outcome.report.tables.push_back(
      {"Throughput, " + std::string(bench::ModeName(result.mode)), RateRows(result)});
  outcome.report.plots = {RatePlot(result)};
  outcome.failure = FailureOf(result);
  Describe(subject, outcome);
  return outcome;
}

BenchOutcome OutcomeOf(const BenchSubject& subject, const bench::LatencyResult& result) {
  BenchOutcome outcome;
  JsonLine line = Begin(subject);
  AddRun(subject, result, line);
  line.Number("missed", result.missed);
  AddPercentiles(result, line);
  outcome.json.push_back(Finish(subject, line));
  Rows rows = PercentileRows(result);
  rows.push_back({"messages", Thousands(result.messages)});
  rows.push_back({"rate", Short(result.rate) + " messages/s"});
  rows.push_back({"not published in time", Thousands(result.missed)});
  rows.push_back({"lost", Thousands(result.lost)});
  rows.push_back({"duplicated", Thousands(result.duplicated)});
  outcome.report.tables.push_back({"Latency, publish to handler", rows});
  outcome.report.plots = LatencyPlots(result);
  outcome.failure = FailureOf(result.messages, result.confirmed, result.lost, result.failure);
  Describe(subject, outcome);
  return outcome;
}

}  // namespace omnibus::cli
