#include "tests/transports/kafka/kafka_test.h"

#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {

std::string KafkaTest::Fresh(const std::string& prefix) {
  return absl::StrCat(prefix, ".", absl::Hex(SystemRuntime().Random()));
}

std::shared_ptr<spdlog::logger> KafkaTest::Log() {
  static const auto logger = [] {
    auto fresh =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    fresh->set_level(std::getenv("OMNIBUS_TEST_DEBUG") != nullptr ? spdlog::level::debug
                                                                  : spdlog::level::info);
    return fresh;
  }();
  return logger;
}

void KafkaTest::SetUp() {
  const std::optional<std::string> brokers = KafkaBrokers();
  if (!brokers.has_value()) GTEST_SKIP() << kNoKafka;
  brokers_ = *brokers;
  transport_ = Connect(Options());
}

KafkaOptions KafkaTest::Options() const {
  KafkaOptions options;
  options.brokers = brokers_;
  return options;
}

std::unique_ptr<Transport> KafkaTest::Connect(KafkaOptions options) {
  auto transport = MakeKafkaTransport(std::move(options), SystemRuntime(), Log());
  EXPECT_TRUE(transport.ok()) << transport.status();
  return transport.ok() ? std::move(*transport) : nullptr;
}

std::string KafkaTest::Topic(int partitions) {
  std::string name = Fresh("test");
  const Topology topology{.channels = {{.name = name, .partitions = partitions, .replication = 1}},
                          .groups = {}};
  EXPECT_EQ(transport_->Declare(topology, DeclareMode::kDeclare, In(absl::Seconds(20))),
            absl::OkStatus());
  return name;
}

std::unique_ptr<Consumer> KafkaTest::Join(Transport& transport, const std::string& topic,
                                          const std::string& module, StartFrom start_from) {
  // The topic's name makes the group one of this test's own.
  auto consumer = transport.OpenConsumer({.domain = module.empty() ? "" : topic,
                                          .module = module,
                                          .subscriptions = {{.channel = topic, .types = {}}},
                                          .start_from = start_from});
  EXPECT_TRUE(consumer.ok()) << consumer.status();
  return consumer.ok() ? std::move(*consumer) : nullptr;
}

std::unique_ptr<Consumer> KafkaTest::Join(const std::string& topic, const std::string& module,
                                          StartFrom start_from) {
  return Join(*transport_, topic, module, start_from);
}

bool KafkaTest::WaitUntilHealthy(const Consumer& consumer, absl::Duration within) {
  return Eventually([&] { return consumer.Health().healthy; }, within);
}

std::future<absl::Status> KafkaTest::Send(Producer& producer, const std::string& topic,
                                          const std::string& key, const std::string& body,
                                          absl::Duration within,
                                          const std::vector<HeaderView>& headers) {
  auto promise = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> outcome = promise->get_future();
  OutgoingMessage message;
  message.channel = topic;
  message.key = key;
  message.body = body;
  message.headers = headers;
  const absl::Status status = producer.Send(
      message, In(within), [promise](absl::Status done) { promise->set_value(std::move(done)); });
  if (!status.ok()) promise->set_value(status);
  return outcome;
}

absl::Status KafkaTest::Publish(Producer& producer, const std::string& topic,
                                const std::string& key, const std::string& body,
                                absl::Duration within) {
  return Send(producer, topic, key, body, within).get();
}

std::vector<Received> KafkaTest::Receive(Consumer& consumer, std::size_t count,
                                         absl::Duration within,
                                         std::vector<ConsumerEvent>* changes) {
  std::vector<Received> received;
  const absl::Time deadline = In(within);
  while (received.size() < count && SystemRuntime().Now() < deadline) {
    std::vector<ConsumerEvent> events;
    const absl::Status status = consumer.Wait(deadline, count - received.size(), events);
    EXPECT_EQ(status, absl::OkStatus());
    if (!status.ok()) break;
    for (ConsumerEvent& event : events) {
      if (event.kind != ConsumerEvent::Kind::kMessage) {
        if (changes != nullptr) changes->push_back(std::move(event));
        continue;
      }
      const ReceivedMessage& message = event.message;
      Received& copy = received.emplace_back();
      copy.channel = message.channel;
      copy.key = message.key;
      copy.body = message.body;
      copy.tag = message.tag;
      copy.partition = message.partition;
      copy.offset = message.offset;
      for (const HeaderView& header : message.headers)
        copy.headers.emplace_back(header.name, header.value);
    }
  }
  return received;
}

std::size_t KafkaTest::Settle(Consumer& consumer, const std::vector<Received>& messages) {
  std::vector<DeliveryTag> tags;
  for (const Received& message : messages) tags.push_back(message.tag);
  return consumer.Settle(tags);
}

std::optional<ConsumerEvent> KafkaTest::NextChange(Consumer& consumer, ConsumerEvent::Kind kind,
                                                   absl::Duration within) {
  const absl::Time deadline = In(within);
  while (SystemRuntime().Now() < deadline) {
    std::vector<ConsumerEvent> events;
    if (!consumer.Wait(deadline, 1, events).ok()) return std::nullopt;
    for (ConsumerEvent& event : events) {
      if (event.kind == kind) return std::move(event);
    }
  }
  return std::nullopt;
}

}  // namespace omnibus::testing
