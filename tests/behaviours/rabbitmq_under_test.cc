#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "omnibus/transports/rabbitmq.h"
#include "spdlog/spdlog.h"
#include "tests/behaviours/kit_test.h"
#include "tests/support/brokers.h"

namespace omnibus::behaviours {
namespace {

Subject RabbitMq() {
  Subject subject;
  const std::optional<std::string> url = omnibus::testing::RabbitMqUrl();
  if (!url.has_value()) {
    subject.missing = omnibus::testing::kNoRabbitMq;
    return subject;
  }
  transport_testing::TransportUnderTest& rabbitmq = subject.under_test;
  rabbitmq.name = "rabbitmq";
  rabbitmq.declared.properties = true;
  rabbitmq.declared.routes_by_type = true;
  rabbitmq.declared.acknowledges_each = true;
  rabbitmq.declared.remote = true;
  rabbitmq.declared.blocks_publishers = true;
  rabbitmq.crowd = 20;
  rabbitmq.make = [address = *url](const transport_testing::MakeOptions& make) {
    spdlog::set_level(spdlog::level::warn);
    RabbitMqOptions options;
    options.url = address;
    if (make.queue > 0) {
      options.publisher.queue = make.queue;
      options.publisher.in_flight = make.queue;
    }
    return MakeRabbitMqTransport(std::move(options), *make.runtime, spdlog::default_logger());
  };
  return subject;
}

}  // namespace
}  // namespace omnibus::behaviours

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  omnibus::behaviours::RegisterChecks("RabbitMq", /*disruptive=*/false,
                                      &omnibus::behaviours::RabbitMq);
  return RUN_ALL_TESTS();
}
