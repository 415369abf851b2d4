#include <memory>
#include <optional>
#include <string>

#include "omnibus/transports/rabbitmq.h"
#include "spdlog/spdlog.h"
#include "tests/behaviours/transport_behaviour.h"
#include "tests/support/brokers.h"

namespace omnibus::behaviours {
namespace {

std::shared_ptr<spdlog::logger> Log() {
  spdlog::set_level(spdlog::level::warn);
  return spdlog::default_logger();
}

TransportUnderTest RabbitMq() {
  TransportUnderTest under_test;
  under_test.name = "RabbitMq";
  under_test.features.crowd = 20;
  const std::optional<std::string> url = omnibus::testing::RabbitMqUrl();
  if (!url.has_value()) {
    under_test.missing = omnibus::testing::kNoRabbitMq;
    return under_test;
  }
  under_test.make = [address = *url](int queue) -> std::unique_ptr<Transport> {
    RabbitMqOptions options;
    options.url = address;
    if (queue > 0) {
      options.publisher.queue = queue;
      options.publisher.in_flight = queue;
    }
    auto transport = MakeRabbitMqTransport(std::move(options), SystemRuntime(), Log());
    return transport.ok() ? *std::move(transport) : nullptr;
  };
  return under_test;
}

INSTANTIATE_TEST_SUITE_P(RabbitMq, TransportBehaviour, ::testing::Values(RabbitMq()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace omnibus::behaviours
