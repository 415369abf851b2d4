#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "omnibus/transports/kafka.h"
#include "spdlog/spdlog.h"
#include "tests/behaviours/kit_test.h"
#include "tests/support/brokers.h"

namespace omnibus::behaviours {
namespace {

Subject Kafka() {
  Subject subject;
  const std::optional<std::string> brokers = omnibus::testing::KafkaBrokers();
  if (!brokers.has_value()) {
    subject.missing = omnibus::testing::kNoKafka;
    return subject;
  }
  transport_testing::TransportUnderTest& kafka = subject.under_test;
  kafka.name = "kafka";
  kafka.dialect = Dialect::kCamel;
  kafka.declared.ordered_by_key = true;
  kafka.declared.replay = true;
  kafka.declared.remembers_settled_out_of_order = false;  // one offset for each partition
  kafka.declared.moves_sources = true;
  kafka.declared.positions_have_gaps = true;
  kafka.declared.remote = true;
  kafka.crowd = 6;  // each member is a whole client with threads of its own
  kafka.make = [address = *brokers](const transport_testing::MakeOptions& make) {
    spdlog::set_level(spdlog::level::warn);
    KafkaOptions options;
    options.brokers = address;
    if (make.queue > 0) options.queue_messages = make.queue;
    return MakeKafkaTransport(std::move(options), *make.runtime, spdlog::default_logger());
  };
  return subject;
}

}  // namespace
}  // namespace omnibus::behaviours

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  omnibus::behaviours::RegisterChecks("Kafka", /*disruptive=*/false, &omnibus::behaviours::Kafka);
  return RUN_ALL_TESTS();
}
