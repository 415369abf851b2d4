// Verbs for tests of the Kafka transport against a real broker.
#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <spdlog/logger.h>

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"

namespace omnibus::testing {

// A message as it was received, with what it needs to be settled.
struct Received {
  std::string channel, key, body;
  std::vector<std::pair<std::string, std::string>> headers;
  DeliveryTag tag;
  std::int64_t partition = -1;
  std::int64_t offset = -1;
};

class KafkaTest : public ::testing::Test {
 protected:
  static absl::Time In(absl::Duration duration) { return SystemRuntime().Now() + duration; }
  // A name that no other test uses.
  static std::string Fresh(const std::string& prefix);
  static std::shared_ptr<spdlog::logger> Log();

  // Against the broker that all tests share.
  void SetUp() override;

  static std::unique_ptr<Transport> Connect(KafkaOptions options);
  KafkaOptions Options() const;

  // Makes a topic and returns its name.
  std::string Topic(int partitions = 1);

  std::unique_ptr<Consumer> Join(const std::string& topic, const std::string& module,
                                 StartFrom start_from = StartFrom::kEarliest);
  static std::unique_ptr<Consumer> Join(Transport& transport, const std::string& topic,
                                        const std::string& module,
                                        StartFrom start_from = StartFrom::kEarliest);
  static bool WaitUntilHealthy(const Consumer& consumer, absl::Duration within = absl::Seconds(15));

  static std::future<absl::Status> Send(Producer& producer, const std::string& topic,
                                        const std::string& key, const std::string& body,
                                        absl::Duration within = absl::Seconds(15),
                                        const std::vector<HeaderView>& headers = {});
  // Sends and waits.
  static absl::Status Publish(Producer& producer, const std::string& topic, const std::string& key,
                              const std::string& body, absl::Duration within = absl::Seconds(15));

  // Up to `count` messages; other events go to `changes`.
  static std::vector<Received> Receive(Consumer& consumer, std::size_t count,
                                       absl::Duration within = absl::Seconds(15),
                                       std::vector<ConsumerEvent>* changes = nullptr);
  static std::size_t Settle(Consumer& consumer, const std::vector<Received>& messages);
  // The next change of `kind`.
  static std::optional<ConsumerEvent> NextChange(Consumer& consumer, ConsumerEvent::Kind kind,
                                                 absl::Duration within = absl::Seconds(15));

  std::unique_ptr<Transport> transport_;
  std::string brokers_;
};

template <typename Condition>
bool Eventually(Condition condition, absl::Duration within = absl::Seconds(15)) {
  const absl::Time deadline = SystemRuntime().Now() + within;
  while (!condition()) {
    if (SystemRuntime().Now() > deadline) return false;
    SystemRuntime().SleepUntil(SystemRuntime().Now() + absl::Milliseconds(10));
  }
  return true;
}

}  // namespace omnibus::testing
