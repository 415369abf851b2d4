#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/examples/two_processes.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {
namespace {

TEST(ExampleServiceOnRabbitMq, ItsServicesMeetFromTwoProcesses) {
  const std::optional<std::string> broker = RabbitMqUrl();
  if (!broker.has_value()) GTEST_SKIP() << kNoRabbitMq;
  ServicesMeetFromTwoProcesses("rabbitmq.yaml", {{"RABBITMQ_URL", *broker}});
}

}  // namespace
}  // namespace omnibus::testing
