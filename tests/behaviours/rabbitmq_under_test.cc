#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/transports/rabbitmq.h"
#include "spdlog/spdlog.h"
#include "tests/behaviours/kit_test.h"
#include "tests/faults/proxied_broker.h"
#include "tests/faults/rabbitmq_actions.h"
#include "tests/support/brokers.h"
#include "tests/transports/rabbitmq/raw_client.h"

namespace omnibus::behaviours {
namespace {

transport_testing::TransportUnderTest RabbitMqAt(const std::string& url) {
  transport_testing::TransportUnderTest rabbitmq;
  rabbitmq.name = "rabbitmq";
  rabbitmq.declared.properties = true;
  rabbitmq.declared.side_queues = true;
  rabbitmq.declared.routes_by_type = true;
  rabbitmq.declared.acknowledges_each = true;
  rabbitmq.declared.remote = true;
  rabbitmq.declared.blocks_publishers = true;
  rabbitmq.crowd = 20;
  rabbitmq.silence = absl::Seconds(5);  // two heartbeats, and a second for a busy machine
  rabbitmq.make = [url](const transport_testing::MakeOptions& make) {
    spdlog::set_level(spdlog::level::err);
    RabbitMqOptions options;
    options.url = url;
    options.heartbeat = absl::Seconds(2);
    if (make.queue > 0) {
      options.publisher.queue = make.queue;
      options.publisher.in_flight = make.queue;
    }
    return MakeRabbitMqTransport(std::move(options), *make.runtime, spdlog::default_logger());
  };
  return rabbitmq;
}

// All share it.
Subject RabbitMq() {
  Subject subject;
  const std::optional<std::string> url = omnibus::testing::RabbitMqUrl();
  if (!url.has_value()) {
    subject.missing = omnibus::testing::kNoRabbitMq;
    return subject;
  }
  subject.under_test = RabbitMqAt(*url);
  transport_testing::Faults& hooks = subject.under_test.faults;
  hooks.delete_channel = [url = *url](std::string_view channel) {
    omnibus::testing::RawClient(url).DeleteExchange(std::string(channel));
    return true;
  };
  hooks.delete_queue = [url = *url](std::string_view channel, std::string_view module) {
    omnibus::testing::RawClient(url).DeleteQueue(
        absl::StrCat(AbslView(channel), ".", AbslView(module)));
    return true;
  };
  return subject;
}

// One of the test's own, behind a proxy.
Subject FrailRabbitMq() {
  Subject subject;
  std::shared_ptr<faults::ProxiedBroker> broker =
      faults::ProxiedBroker::Start(faults::Kind::kRabbitMq);
  if (broker == nullptr) {
    subject.missing = omnibus::testing::kNoRabbitMq;
    return subject;
  }
  subject.under_test = RabbitMqAt(broker->address());
  AddFaults(subject.under_test.faults, broker);
  subject.under_test.faults.block_publishers = [broker] {
    return faults::RaiseMemoryAlarm(broker->broker());
  };
  subject.under_test.faults.unblock_publishers = [broker] {
    return faults::ClearAlarms(broker->broker());
  };
  subject.broker = broker;
  return subject;
}

}  // namespace
}  // namespace omnibus::behaviours

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  omnibus::behaviours::RegisterChecks("RabbitMq", /*disruptive=*/false,
                                      &omnibus::behaviours::RabbitMq);
  omnibus::behaviours::RegisterChecks("FrailRabbitMq", /*disruptive=*/true,
                                      &omnibus::behaviours::FrailRabbitMq);
  return RUN_ALL_TESTS();
}
