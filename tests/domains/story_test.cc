// Either domain runs unchanged on each transport in either dialect: 2 x 3 x 2 whole stories.
#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/domains/support/story.h"
#include "tests/support/brokers.h"

namespace domain_testing {
namespace {

using omnibus::testing::PrivateBroker;

// One after the other: the channels' names are the contract's, so no two may run at once. For the
// same reason the brokers are this test's own. That the next one finds nothing of the one before it
// is a part of the test: a message that was settled, and then came again in the other dialect,
// would be a dead letter too many.
void PlayBoth(const std::string& transport, const std::string& dialect,
              const std::string& transports) {
  PlayStory(*MakeBookstoreStory(), transport, dialect, transports);
  PlayStory(*MakeCoworkingStory(), transport, dialect, transports);
}

void PlayAll(const std::string& transport, const std::string& transports) {
  for (const std::string dialect : {"snake", "camel"}) PlayBoth(transport, dialect, transports);
}

TEST(WholeStory, OfBothDomainsInBothDialectsOnMemory) { PlayAll("memory", ""); }

// A group on Kafka gets events of types that it does not handle, too, and may not have read the
// last of them when the story ends. They would be read in the other dialect next: so each has a
// broker of its own.
TEST(WholeStory, OfBothDomainsInBothDialectsOnKafka) {
  for (const std::string dialect : {"snake", "camel"}) {
    const std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kKafka);
    if (!broker.has_value()) GTEST_SKIP() << omnibus::testing::kNoKafka;
    PlayBoth("kafka", dialect, "transports: {kafka: {brokers: \"" + broker->address() + "\"}}");
  }
}

TEST(WholeStory, OfBothDomainsInBothDialectsOnRabbitMq) {
  const std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kRabbitMq);
  if (!broker.has_value()) GTEST_SKIP() << omnibus::testing::kNoRabbitMq;
  PlayAll("rabbitmq", "transports: {rabbitmq: {url: \"" + broker->address() + "\"}}");
}

}  // namespace
}  // namespace domain_testing
