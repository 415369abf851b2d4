#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/transports/rabbitmq/rabbitmq_test.h"
#include "tests/transports/rabbitmq/raw_client.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RabbitMqDeclare : public RabbitMqTest {
 protected:
  Topology One(const std::string& channel) {
    return {.channels = {{.name = channel}},
            .groups = {{.channel = channel,
                        .domain = "tests",
                        .module = "billing",
                        .types = {"thing.happened"}}}};
  }
};

std::string Text(const absl::Status& status) { return std::string(status.message()); }

TEST_F(RabbitMqDeclare, MakesExchangeQueuesAndBindingsAndMayBeRepeated) {
  const std::string channel = Name("events");
  EXPECT_EQ(transport_->Declare(One(channel), DeclareMode::kDeclare, In(kSoon)), absl::OkStatus());
  EXPECT_EQ(transport_->Declare(One(channel), DeclareMode::kDeclare, In(kSoon)), absl::OkStatus());
  EXPECT_EQ(transport_->Declare(One(channel), DeclareMode::kCheck, In(kSoon)), absl::OkStatus());
  RawClient raw(options_.url);
  EXPECT_TRUE(raw.Count(channel + ".billing").has_value());
  EXPECT_TRUE(raw.Count(channel + ".billing.dead").has_value());
}

TEST_F(RabbitMqDeclare, ANodeThatIsAwayIsPassedOver) {
  const std::string channel = Name("events");
  RabbitMqOptions options = options_;
  // Nobody listens on port 1.
  options.url.replace(options.url.find('@'), 1, "@127.0.0.1:1,");
  const std::unique_ptr<Transport> transport = Connect(options);
  // Each attempt begins with one of the two by chance.
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(transport->Declare(One(channel), DeclareMode::kDeclare, In(kSoon)), absl::OkStatus());
  }
}

TEST_F(RabbitMqDeclare, CheckNamesWhatIsMissing) {
  const std::string channel = Name("events");
  absl::Status status = transport_->Declare(One(channel), DeclareMode::kCheck, In(kSoon));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(Text(status), HasSubstr("exchange '" + channel + "'"));

  Declare(channel, {"billing"});
  RawClient(options_.url).DeleteQueue(channel + ".billing.dead");
  status = transport_->Declare(One(channel), DeclareMode::kCheck, In(kSoon));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(Text(status), HasSubstr("queue '" + channel + ".billing.dead'"));
}

TEST_F(RabbitMqDeclare, AQueueWithOtherArgumentsIsNamed) {
  const std::string channel = Name("events");
  RawClient(options_.url).DeclareClassicQueue(channel + ".billing");
  const absl::Status status = transport_->Declare(One(channel), DeclareMode::kDeclare, In(kSoon));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(Text(status), HasSubstr("queue '" + channel + ".billing'"));
}

TEST_F(RabbitMqDeclare, ANameThatAmqpCannotHaveIsInvalid) {
  EXPECT_EQ(
      transport_->Declare(One(std::string(250, 'x')), DeclareMode::kDeclare, In(kSoon)).code(),
      absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(transport_->Declare(One(""), DeclareMode::kDeclare, In(kSoon)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RabbitMqDeclare, ARefusedLoginIsUnauthenticatedAndShowsNoPassword) {
  options_.url = "amqp://nobody:s3cret-w0rd" + options_.url.substr(options_.url.find('@'));
  transport_ = Connect(options_);
  const absl::Status status =
      transport_->Declare(One(Name("events")), DeclareMode::kDeclare, In(kSoon));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  EXPECT_THAT(Text(status), HasSubstr("nobody@"));
  EXPECT_THAT(Text(status), Not(HasSubstr("s3cret")));
}

TEST_F(RabbitMqDeclare, AnUnknownVirtualHostIsPermissionDenied) {
  options_.url += "no-such-vhost";
  transport_ = Connect(options_);
  const absl::Status status =
      transport_->Declare(One(Name("events")), DeclareMode::kDeclare, In(kSoon));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_THAT(Text(status), HasSubstr("no-such-vhost"));
}

TEST_F(RabbitMqDeclare, AnUnreachableBrokerIsUnavailable) {
  options_.url = "amqp://guest:guest@127.0.0.1:1/";
  transport_ = Connect(options_);
  const absl::Status refused = transport_->Declare(One("events"), DeclareMode::kDeclare, In(kSoon));
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_THAT(Text(refused), HasSubstr("127.0.0.1:1"));

  options_.url = "amqp://guest:guest@no-such-host.invalid/";
  transport_ = Connect(options_);
  const absl::Time begun = SystemRuntime().Now();
  const absl::Status unknown =
      transport_->Declare(One("events"), DeclareMode::kDeclare, In(absl::Seconds(3)));
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnavailable) << unknown;
  EXPECT_LT(SystemRuntime().Now() - begun, absl::Seconds(3.5));
}

}  // namespace
}  // namespace omnibus::testing
