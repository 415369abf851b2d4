#include <memory>
#include <optional>
#include <string>

#include "omnibus/transports/kafka.h"
#include "spdlog/spdlog.h"
#include "tests/behaviours/transport_behaviour.h"
#include "tests/support/brokers.h"

namespace omnibus::behaviours {
namespace {

std::shared_ptr<spdlog::logger> Log() {
  spdlog::set_level(spdlog::level::warn);
  return spdlog::default_logger();
}

TransportUnderTest Kafka() {
  TransportUnderTest under_test;
  under_test.name = "Kafka";
  under_test.features.remembers_settled_out_of_order = false;  // one offset for each partition
  under_test.features.moves_sources = true;
  under_test.features.crowd = 6;  // each member is a whole client with threads of its own
  const std::optional<std::string> brokers = omnibus::testing::KafkaBrokers();
  if (!brokers.has_value()) {
    under_test.missing = omnibus::testing::kNoKafka;
    return under_test;
  }
  under_test.make = [address = *brokers](int queue) -> std::unique_ptr<Transport> {
    KafkaOptions options;
    options.brokers = address;
    if (queue > 0) options.queue_messages = queue;
    auto transport = MakeKafkaTransport(std::move(options), SystemRuntime(), Log());
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return under_test;
}

INSTANTIATE_TEST_SUITE_P(Kafka, TransportBehaviour, ::testing::Values(Kafka()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace omnibus::behaviours
