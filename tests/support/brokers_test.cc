#include "tests/support/brokers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>

namespace omnibus::testing {
namespace {

// Whether anything accepts connections at "...127.0.0.1:PORT...".
bool Listens(const std::string& address) {
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in target = {};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(port));
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = connect(descriptor, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  close(descriptor);
  return result == 0;
}

TEST(SharedBroker, KafkaListensWhereItSays) {
  const std::optional<std::string> brokers = KafkaBrokers();
  if (!brokers.has_value()) GTEST_SKIP() << kNoKafka;
  EXPECT_TRUE(Listens(*brokers)) << *brokers;
}

TEST(SharedBroker, RabbitMqListensWhereItSays) {
  const std::optional<std::string> url = RabbitMqUrl();
  if (!url.has_value()) GTEST_SKIP() << kNoRabbitMq;
  EXPECT_TRUE(Listens(*url)) << *url;
}

class PrivateBrokerTest : public ::testing::TestWithParam<PrivateBroker::Kind> {};

TEST_P(PrivateBrokerTest, ComesBackUnderItsAddressAndGoesForGood) {
  std::string address;
  {
    std::optional<PrivateBroker> broker = PrivateBroker::Start(GetParam());
    if (!broker.has_value()) GTEST_SKIP() << "not to be had here";
    address = broker->address();
    EXPECT_TRUE(Listens(address)) << address;
    ASSERT_TRUE(broker->Kill());
    EXPECT_FALSE(Listens(address)) << address;
    ASSERT_TRUE(broker->Restart());
    EXPECT_TRUE(Listens(address)) << address;
    ASSERT_TRUE(broker->Stop());
    EXPECT_FALSE(Listens(address)) << address;
    ASSERT_TRUE(broker->Restart());
    EXPECT_TRUE(Listens(address)) << address;
  }
  EXPECT_FALSE(Listens(address)) << address;
}

INSTANTIATE_TEST_SUITE_P(
    Brokers, PrivateBrokerTest,
    ::testing::Values(PrivateBroker::Kind::kKafka, PrivateBroker::Kind::kRabbitMq),
    [](const auto& param_info) {
      return std::string(param_info.param == PrivateBroker::Kind::kKafka ? "Kafka" : "RabbitMq");
    });

}  // namespace
}  // namespace omnibus::testing
