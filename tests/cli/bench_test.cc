// Measuring from the command line: what it says, not how fast it is.
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/bench_result.h"
#include "tests/cli/command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Bench : public CommandLineTest {};

TEST_F(Bench, ThroughputCountsEachMessage) {
  const Finished bench =
      Omnibus({"bench", "throughput", "--messages", "5000", "--publishers", "3", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_EQ(result.Text("transport"), "memory");
  EXPECT_EQ(result.Text("mode"), "both");
  EXPECT_EQ(result.Text("event"), "order.created");
  EXPECT_EQ(result.Number("messages"), 5000);
  EXPECT_GT(result.Number("body_bytes"), 200);
  EXPECT_GT(result.Number("seconds"), 0);
  EXPECT_NEAR(result.Number("rate") * result.Number("seconds"), 5000, 1);
  EXPECT_GT(result.Number("cpu_seconds"), 0);
  ExpectCounts(result, 5000, 5000);
}

TEST_F(Bench, ThroughputRunsForADuration) {
  const Finished bench =
      Omnibus({"bench", "throughput", "--duration", "300ms", "--wait", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_GT(result.Number("messages"), 0);
  ExpectCounts(result, result.Number("messages"), result.Number("messages"));
  EXPECT_GE(result.Number("seconds"), 0.25);
}

TEST_F(Bench, LatencyKeepsItsRateAndHasPercentiles) {
  const Finished bench =
      Omnibus({"bench", "latency", "--rate", "500", "--duration", "1s", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_EQ(result.Number("messages"), 500);
  ExpectCounts(result, 500, 500);
  EXPECT_GT(result.Number("p50_us"), 0);
  EXPECT_LE(result.Number("p50_us"), result.Number("p90_us"));
  EXPECT_LE(result.Number("p90_us"), result.Number("p99_us"));
  EXPECT_LE(result.Number("p99_us"), result.Number("p999_us"));
  EXPECT_LE(result.Number("p999_us"), result.Number("max_us"));
  EXPECT_GE(result.Number("seconds"), 0.9);
}

TEST_F(Bench, LatencyEndsInTimeThoughTheLoadIsMoreThanTheBusCarries) {
  const Finished bench =
      Omnibus({"bench", "latency", "--rate", "20000000", "--duration", "300ms", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_GT(result.Number("missed"), 0);
  EXPECT_EQ(result.Number("missed") + result.Number("messages"), 6000000);
  EXPECT_EQ(result.Number("lost"), 0);
}

TEST_F(Bench, DispatchMeasuresRateLatencyAndIdling) {
  const Finished bench = Omnibus({"bench", "dispatch", "--messages", "3000", "--rate", "1000",
                                  "--duration", "500ms", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_GT(result.Number("rate"), 0);
  EXPECT_EQ(result.Number("latency_rate"), 1000);
  EXPECT_GT(result.Number("p50_us"), 0);
  EXPECT_GE(result.Number("idle_seconds"), 0.9);
  EXPECT_GE(result.Number("idle_cpu_seconds"), 0);
}

TEST_F(Bench, SerializationMeasuresBothSpellings) {
  const Finished bench = Omnibus({"bench", "serialization", "--duration", "300ms", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  const std::size_t end = bench.output.find('\n');
  ASSERT_NE(end, std::string::npos);
  BenchResult camel(bench.output.substr(0, end)), snake(bench.output.substr(end + 1));
  EXPECT_EQ(camel.Text("envelope"), "camel");
  EXPECT_EQ(snake.Text("envelope"), "snake");
  for (BenchResult* result : {&camel, &snake}) {
    for (const char* name : {"encode_ns", "decode_ns", "memcpy_ns", "body_bytes"}) {
      EXPECT_GT(result->Number(name), 0) << name;
    }
  }
}

TEST_F(Bench, AnEventGrowsToTheSizeThatIsAskedFor) {
  for (const char* event : {"order.created", "booking.cancelled"}) {
    std::vector<std::string> command = {"bench", "throughput", "--messages", "100",   "--event",
                                        event,   "--size",     "5000",       "--json"};
    if (event == std::string("booking.cancelled")) {
      command.insert(
          command.end(),
          {"--data", R"({"booking_id":"0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d","reason":"rain"})"});
    }
    const Finished bench = Omnibus(command);
    ASSERT_EQ(bench.code, 0) << bench.errors;
    BenchResult result(bench.output);
    EXPECT_EQ(result.Text("event"), event);
    EXPECT_GE(result.Number("body_bytes"), 5000);
    EXPECT_LT(result.Number("body_bytes"), 5100);
    ExpectCounts(result, 100, 100);
  }
}

TEST_F(Bench, MeasuresTheEventsOfTheProgramThatItIsIn) {
  const Finished bench =
      RunToEnd({OMNIBUS_OWN_EXECUTABLE, "bench", "throughput", "--messages", "100", "--json"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_NE(result.Text("event"), "order.created");
  ExpectCounts(result, 100, 100);
}

TEST_F(Bench, TablesSayWhatWasMeasuredAndOnWhat) {
  const Finished bench = Omnibus({"bench", "throughput", "--messages", "100"});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  EXPECT_THAT(bench.output,
              AllOf(HasSubstr("Throughput, both"), HasSubstr("messages/s"), HasSubstr("duplicated"),
                    HasSubstr("cores"), HasSubstr("compiler"), HasSubstr("publishers")));
  EXPECT_THAT(bench.errors, Not(HasSubstr("\r"))) << "progress is for terminals";
}

TEST_F(Bench, AReportIsOneFileThatNeedsNothingElse) {
  const std::string file = folder_ + "/report.html";
  for (const char* what : {"throughput", "latency", "dispatch", "serialization"}) {
    const Finished bench =
        Omnibus({"bench", what, "--duration", "300ms", "--json", "--report", file});
    ASSERT_EQ(bench.code, 0) << bench.errors;
    std::ifstream stream(file);
    const std::string html{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_THAT(html, AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("</html>"), HasSubstr("<svg "),
                            HasSubstr("compiler")))
        << what;
    EXPECT_THAT(html,
                AllOf(Not(HasSubstr("<script")), Not(HasSubstr("src=")), Not(HasSubstr("href=")),
                      Not(HasSubstr("http")), Not(HasSubstr("nan")), Not(HasSubstr("inf\""))))
        << what;
  }
}

TEST_F(Bench, WhatCannotBeMeasuredIsTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"throughput", "--mode", "publish"}, "the memory transport lives in one process"},
      {{"throughput", "--mode", "sideways"}, "--mode"},
      {{"throughput", "--event", "order.creatd"}, "order.created"},
      {{"throughput", "--transport", "pigeon"}, "pigeon"},
      {{"throughput", "--data", "{\"order_id\":\"x\"}"}, "order_id"},
      {{"throughput", "--duration", "soon"}, "--duration"},
      {{"latency", "--rate", "0"}, "--rate"},
      {{"throughput", "--messages", "0"}, "--messages"},
  };
  for (auto [arguments, complaint] : wrong) {
    arguments.insert(arguments.begin(), "bench");
    const Finished bench = Omnibus(arguments);
    EXPECT_EQ(bench.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(bench.errors, HasSubstr(complaint)) << ::testing::PrintToString(arguments);
    EXPECT_THAT(bench.output, IsEmpty());
  }
}

}  // namespace
}  // namespace omnibus::testing
