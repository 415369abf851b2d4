#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/examples/two_processes.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {
namespace {

TEST(ExampleServiceOnKafka, ItsServicesMeetFromTwoProcesses) {
  const std::optional<std::string> broker = KafkaBrokers();
  if (!broker.has_value()) GTEST_SKIP() << kNoKafka;
  ServicesMeetFromTwoProcesses("kafka.yaml", {{"KAFKA_BROKERS", *broker}});
}

}  // namespace
}  // namespace omnibus::testing
