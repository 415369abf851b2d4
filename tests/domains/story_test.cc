// Either domain runs unchanged on each transport in either dialect: 2 x 3 x 2 whole stories.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "omnibus/transport_plugin.h"
#include "tests/domains/support/story.h"
#include "tests/support/brokers.h"

namespace domain_testing {
namespace {

using omnibus::testing::PrivateBroker;

// One after the other: the channels' names are the contract's, so no two may run at once. For the
// same reason the brokers are this test's own. On RabbitMQ, that the next one finds nothing of the
// one before it is a part of the test: a message that was settled, and then came again in the other
// dialect, would be a dead letter too many.
void PlayBoth(const std::string& transport, const std::string& dialect,
              const std::string& transports) {
  PlayStory(*MakeBookstoreStory(), transport, dialect, transports);
  PlayStory(*MakeCoworkingStory(), transport, dialect, transports);
}

void PlayAll(const std::string& transport, const std::string& transports) {
  for (const std::string dialect : {"snake", "camel"}) PlayBoth(transport, dialect, transports);
}

// Whether this build has the transport.
bool IsBuilt(std::string_view kind) {
  const std::vector<omnibus::TransportPlugin> built = omnibus::DefaultTransports();
  return std::any_of(built.begin(), built.end(), [kind](const omnibus::TransportPlugin& plugin) {
    return plugin.kind == kind;
  });
}

TEST(WholeStory, OfBothDomainsInBothDialectsOnMemory) { PlayAll("memory", ""); }

// A group on Kafka gets events of types that it does not handle, too, and may not have read the
// last of them when the story ends. They would be read in the other dialect next: so each has a
// broker of its own.
TEST(WholeStory, OfBothDomainsInBothDialectsOnKafka) {
  if (!IsBuilt("kafka")) GTEST_SKIP() << "built without the kafka transport";
  for (const std::string dialect : {"snake", "camel"}) {
    const std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kKafka);
    if (!broker.has_value()) GTEST_SKIP() << omnibus::testing::kNoKafka;
    PlayBoth("kafka", dialect, "transports: {kafka: {brokers: \"" + broker->address() + "\"}}");
  }
}

TEST(WholeStory, OfBothDomainsInBothDialectsOnRabbitMq) {
  if (!IsBuilt("rabbitmq")) GTEST_SKIP() << "built without the rabbitmq transport";
  const std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kRabbitMq);
  if (!broker.has_value()) GTEST_SKIP() << omnibus::testing::kNoRabbitMq;
  PlayAll("rabbitmq", "transports: {rabbitmq: {url: \"" + broker->address() + "\"}}");
}

}  // namespace
}  // namespace domain_testing
