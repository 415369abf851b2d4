// Measuring over real brokers, from processes of their own.
#include <chrono>
#include <string>
#include <vector>

#include "tests/cli/bench_result.h"
#include "tests/cli/broker_command_line.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;

// On a channel of the test's own.
class BenchOverABroker : public BrokerCommandLineTest {
 protected:
  void SetUp() override {
    BrokerCommandLineTest::SetUp();
    if (!IsSkipped()) file_ = Configuration();
  }

  std::vector<std::string> Throughput(std::vector<std::string> more) const {
    std::vector<std::string> command = {"bench",     "throughput", "--messages", "2000", "--json",
                                        "--channel", channel_,     "--config",   file_};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  std::string file_;
  const std::string channel_ = "bench-test-" + RandomId();
};

TEST_P(BenchOverABroker, EachSideHasAProcessOfItsOwn) {
  Subprocess consumer(Command(Throughput({"--mode", "consume"})));
  const Finished publisher = Omnibus(Throughput({"--mode", "publish", "--publishers", "2"}));
  ASSERT_EQ(publisher.code, 0) << publisher.errors;
  BenchResult published(publisher.output);
  EXPECT_EQ(published.Text("transport"), GetParam());
  EXPECT_EQ(published.Text("mode"), "publish");
  ExpectCounts(published, 2000, 0);
  ASSERT_EQ(consumer.Wait(std::chrono::seconds(90)), 0) << consumer.errors();
  BenchResult consumed(consumer.output());
  EXPECT_EQ(consumed.Text("mode"), "consume");
  EXPECT_EQ(consumed.Number("messages"), 2000);
  ExpectCounts(consumed, 0, 2000);
  EXPECT_GT(consumed.Number("rate"), 0);
}

TEST_P(BenchOverABroker, WhatDoesNotComeIsLost) {
  const Finished bench = Omnibus(Throughput({"--mode", "consume", "--timeout", "8s"}));
  EXPECT_EQ(bench.code, 1);
  BenchResult result(bench.output);
  EXPECT_EQ(result.Number("lost"), 2000);
  EXPECT_EQ(result.Number("delivered"), 0);
  EXPECT_THAT(bench.errors, HasSubstr("2000 messages did not come in time"));
}

TEST_P(BenchOverABroker, LatencyIsThatOfThePathThroughTheBroker) {
  const Finished bench = Omnibus({"bench", "latency", "--rate", "200", "--duration", "1s", "--json",
                                  "--channel", channel_, "--config", file_});
  ASSERT_EQ(bench.code, 0) << bench.errors;
  BenchResult result(bench.output);
  EXPECT_EQ(result.Text("transport"), GetParam());
  ExpectCounts(result, 200, 200);
  EXPECT_GT(result.Number("p50_us"), 0);
}

INSTANTIATE_TEST_SUITE_P(Each, BenchOverABroker, ::testing::Values("kafka", "rabbitmq"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace omnibus::testing
