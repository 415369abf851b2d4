#include <signal.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/examples/example_service.h"
#include "tests/support/subprocess.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;

TEST(ExampleService, BothServicesRunInsideOneProcess) {
  Subprocess service(ExampleService({"run", "frost-service", "station-service"}, "memory.yaml"));
  EXPECT_TRUE(service.WaitForErrors("frost at hilltop: -1.5")) << service.errors();
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(), 0) << service.errors();
}

TEST(ExampleService, ShowsItsContracts) {
  const Finished list = RunToEnd({OMNIBUS_EXAMPLE, "contracts", "list"});
  EXPECT_EQ(list.code, 0) << list.errors;
  EXPECT_THAT(list.output, HasSubstr("temperature.measured"));
  EXPECT_THAT(list.output, HasSubstr("frost.seen"));
}

}  // namespace
}  // namespace omnibus::testing
