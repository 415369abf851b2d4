#include "omnibus/transports/rabbitmq.h"
#include "spdlog/spdlog.h"
#include "tests/transports/side_queues/side_queues_test.h"

namespace omnibus::testing {

SideQueueTransport TransportWithSideQueues() {
  SideQueueTransport rabbitmq;
  rabbitmq.has_parts = false;
  rabbitmq.forgets_some_of_many_acknowledgements = true;
  rabbitmq.address = RabbitMqUrl();
  rabbitmq.missing = kNoRabbitMq;
  rabbitmq.broker = PrivateBroker::Kind::kRabbitMq;
  rabbitmq.make = [](const std::string& address) -> std::unique_ptr<Transport> {
    RabbitMqOptions options;
    options.url = address;
    auto transport =
        MakeRabbitMqTransport(std::move(options), SystemRuntime(), spdlog::default_logger());
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return rabbitmq;
}

}  // namespace omnibus::testing
