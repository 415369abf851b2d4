#include "omnibus/transports/kafka.h"
#include "spdlog/spdlog.h"
#include "tests/transports/side_queues/side_queues_test.h"

namespace omnibus::testing {

SideQueueTransport TransportWithSideQueues() {
  SideQueueTransport kafka;
  kafka.address = KafkaBrokers();
  kafka.missing = kNoKafka;
  kafka.broker = PrivateBroker::Kind::kKafka;
  kafka.make = [](const std::string& address) -> std::unique_ptr<Transport> {
    KafkaOptions options;
    options.brokers = address;
    auto transport =
        MakeKafkaTransport(std::move(options), SystemRuntime(), spdlog::default_logger());
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return kafka;
}

}  // namespace omnibus::testing
