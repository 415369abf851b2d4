#include "omnibus/transports/memory.h"
#include "tests/transports/side_queues/side_queues_test.h"

namespace omnibus::testing {

SideQueueTransport TransportWithSideQueues() {
  SideQueueTransport memory;
  memory.address = "here";
  memory.make = [broker = MakeMemoryBroker()](const std::string&) -> std::unique_ptr<Transport> {
    MemoryOptions options;
    options.broker = broker;
    auto transport = MakeMemoryTransport(std::move(options), SystemRuntime(), nullptr);
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return memory;
}

}  // namespace omnibus::testing
