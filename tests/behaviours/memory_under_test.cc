#include <gtest/gtest.h>

#include "omnibus/transports/memory.h"
#include "tests/behaviours/kit_test.h"

namespace omnibus::behaviours {
namespace {

Subject Memory() {
  Subject subject;
  transport_testing::TransportUnderTest& memory = subject.under_test;
  memory.name = "memory";
  memory.declared.properties = true;
  memory.declared.side_queues = true;
  memory.declared.ordered_by_key = true;
  memory.declared.replay = true;
  memory.declared.routes_by_type = true;
  memory.declared.moves_sources = true;
  memory.make = [broker = MakeMemoryBroker()](const transport_testing::MakeOptions& make) {
    MemoryOptions options;
    options.broker = broker;
    options.history_bytes = 64u << 20;
    if (make.queue > 0) options.max_entries = static_cast<std::size_t>(make.queue);
    return MakeMemoryTransport(std::move(options), *make.runtime, nullptr);
  };
  return subject;
}

}  // namespace
}  // namespace omnibus::behaviours

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  omnibus::behaviours::RegisterChecks("Memory", /*disruptive=*/false, &omnibus::behaviours::Memory);
  omnibus::behaviours::RegisterChecks("Memory", /*disruptive=*/true, &omnibus::behaviours::Memory);
  return RUN_ALL_TESTS();
}
