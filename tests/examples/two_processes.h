// What the example does over a broker.
#pragma once

#include <signal.h>

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/examples/example_service.h"
#include "tests/support/subprocess.h"

namespace omnibus::testing {

// A process for each service, and one that reads along. The station's name is this test's own.
inline void ServicesMeetFromTwoProcesses(
    const std::string& configuration,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  const SubprocessOptions options{.environment = environment};
  Subprocess frost(ExampleService({"run", "frost-service"}, configuration), options);
  ASSERT_TRUE(frost.WaitForErrors("ready: ")) << frost.errors();
  Subprocess tail(ExampleService({"tail", "weather.events"}, configuration), options);
  ASSERT_TRUE(tail.WaitForErrors("ready: weather.events\n")) << tail.errors();

  Subprocess station(ExampleService({"run", "station-service"}, configuration), options);
  EXPECT_TRUE(frost.WaitForErrors("frost at hilltop: -6.5")) << frost.errors() << station.errors();
  EXPECT_TRUE(tail.WaitForOutput("hard_frost")) << tail.output() << tail.errors();
  for (Subprocess* each : {&station, &frost, &tail}) {
    each->Signal(SIGTERM);
    EXPECT_EQ(each->Wait(), 0) << each->errors();
  }
}

}  // namespace omnibus::testing
