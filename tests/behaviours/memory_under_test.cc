#include "omnibus/transports/memory.h"
#include "tests/behaviours/transport_behaviour.h"

namespace omnibus::behaviours {
namespace {

TransportUnderTest Memory() {
  TransportUnderTest under_test;
  under_test.name = "Memory";
  under_test.features.moves_sources = true;
  under_test.make = [broker = MakeMemoryBroker()](int queue) -> std::unique_ptr<Transport> {
    MemoryOptions options;
    options.broker = broker;
    options.history_bytes = 64u << 20;
    if (queue > 0) options.max_entries = static_cast<std::size_t>(queue);
    auto transport = MakeMemoryTransport(std::move(options), SystemRuntime(), nullptr);
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return under_test;
}

INSTANTIATE_TEST_SUITE_P(Memory, TransportBehaviour, ::testing::Values(Memory()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace omnibus::behaviours
