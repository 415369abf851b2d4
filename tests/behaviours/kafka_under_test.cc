#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "omnibus/transports/kafka.h"
#include "spdlog/spdlog.h"
#include "tests/behaviours/kafka_admin.h"
#include "tests/behaviours/kit_test.h"
#include "tests/faults/proxied_broker.h"
#include "tests/support/brokers.h"

namespace omnibus::behaviours {
namespace {

transport_testing::TransportUnderTest KafkaAt(const std::string& address) {
  transport_testing::TransportUnderTest kafka;
  kafka.name = "kafka";
  kafka.dialect = Dialect::kCamel;
  kafka.declared.ordered_by_key = true;
  kafka.declared.side_queues = true;
  kafka.declared.replay = true;
  kafka.declared.remembers_settled_out_of_order = false;  // one offset for each partition
  kafka.declared.moves_sources = true;
  kafka.declared.positions_have_gaps = true;
  kafka.declared.remote = true;
  kafka.crowd = 6;  // each member is a whole client with threads of its own
  kafka.silence = absl::Seconds(10);
  kafka.make = [address](const transport_testing::MakeOptions& make) {
    spdlog::set_level(spdlog::level::err);
    KafkaOptions options;
    options.brokers = address;
    if (make.queue > 0) options.queue_messages = make.queue;
    return MakeKafkaTransport(std::move(options), *make.runtime, spdlog::default_logger());
  };
  return kafka;
}

// All share it.
Subject Kafka() {
  Subject subject;
  const std::optional<std::string> brokers = omnibus::testing::KafkaBrokers();
  if (!brokers.has_value()) {
    subject.missing = omnibus::testing::kNoKafka;
    return subject;
  }
  subject.under_test = KafkaAt(*brokers);
  transport_testing::Faults& hooks = subject.under_test.faults;
  hooks.delete_channel = [brokers = *brokers](std::string_view channel) {
    return DeleteTopic(brokers, std::string(channel));
  };
  hooks.delete_queue = [brokers = *brokers](std::string_view channel, std::string_view) {
    return DeleteTopic(brokers, std::string(channel));
  };
  hooks.leave_gap = [brokers = *brokers](std::string_view channel) {
    return LeaveGap(brokers, std::string(channel));
  };
  return subject;
}

// One of the test's own, behind a proxy.
Subject FrailKafka() {
  Subject subject;
  std::shared_ptr<faults::ProxiedBroker> broker =
      faults::ProxiedBroker::Start(faults::Kind::kKafka);
  if (broker == nullptr) {
    subject.missing = omnibus::testing::kNoKafka;
    return subject;
  }
  subject.under_test = KafkaAt(broker->address());
  AddFaults(subject.under_test.faults, broker);
  subject.known_gaps["ARestartOfTheBrokerLosesNothing"] =
      "after a crash of the only broker traffic was back in 7 to 9 s, and not within 5 s";
  subject.broker = broker;
  return subject;
}

}  // namespace
}  // namespace omnibus::behaviours

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  omnibus::behaviours::RegisterChecks("Kafka", /*disruptive=*/false, &omnibus::behaviours::Kafka);
  omnibus::behaviours::RegisterChecks("FrailKafka", /*disruptive=*/true,
                                      &omnibus::behaviours::FrailKafka);
  return RUN_ALL_TESTS();
}
