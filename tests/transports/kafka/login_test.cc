// A broker that wants a name and a password (SASL/PLAIN).
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/support/brokers.h"
#include "tests/transports/kafka/kafka_test.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KafkaLoginTest : public KafkaTest {
 protected:
  void SetUp() override {
    std::optional<PrivateBroker> started = PrivateBroker::Start(PrivateBroker::Kind::kKafka);
    if (!started.has_value()) GTEST_SKIP() << kNoKafka;
    broker_.emplace(std::move(*started));
    brokers_ = absl::StrCat("127.0.0.1:", broker_->Port("login"));
  }

  KafkaOptions With(const std::string& password) const {
    KafkaOptions options = Options();
    options.client["security.protocol"] = "sasl_plaintext";
    options.client["sasl.mechanism"] = "PLAIN";
    options.client["sasl.username"] = "omnibus";
    options.client["sasl.password"] = password;
    return options;
  }

  std::optional<PrivateBroker> broker_;
};

TEST_F(KafkaLoginTest, TheRightPasswordIsLetIn) {
  transport_ = Connect(With("opensesame"));
  const std::string topic = Topic();
  auto producer = transport_->OpenProducer();
  ASSERT_TRUE(producer.ok()) << producer.status();
  EXPECT_EQ(Publish(**producer, topic, "k", "first"), absl::OkStatus());
  EXPECT_EQ(Receive(*Join(topic, "billing"), 1).size(), 1U);
}

TEST_F(KafkaLoginTest, AWrongPasswordIsAnErrorThatSaysWhatToDo) {
  transport_ = Connect(With("swordfish"));
  const absl::Time start = SystemRuntime().Now();
  const absl::Status refused =
      transport_->Declare({.channels = {{.name = "orders"}}, .groups = {}}, DeclareMode::kDeclare,
                          start + absl::Seconds(60));
  EXPECT_LT(SystemRuntime().Now() - start, absl::Seconds(20));  // and not at the deadline
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated) << refused;
  EXPECT_THAT(refused.ToString(), HasSubstr("sasl.* and ssl.* under `client`"));
  EXPECT_THAT(refused.ToString(), Not(HasSubstr("swordfish")));
}

TEST_F(KafkaLoginTest, AWrongPasswordLetsNoPublishPassItsDeadline) {
  transport_ = Connect(With("swordfish"));
  auto producer = transport_->OpenProducer();
  ASSERT_TRUE(producer.ok()) << producer.status();
  const absl::Time start = SystemRuntime().Now();
  const absl::Status refused = Publish(**producer, "orders", "k", "first", absl::Seconds(2));
  EXPECT_LE(SystemRuntime().Now() - start, absl::Milliseconds(2100));
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(Eventually([&] { return !(*producer)->Health().healthy; }));
  EXPECT_THAT((*producer)->Health().detail, Not(HasSubstr("swordfish")));
}

}  // namespace
}  // namespace omnibus::testing
