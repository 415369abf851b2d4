#include "tests/domains/support/story.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/configuration.h"
#include "omnibus/runtime.h"
#include "omnibus/transport_plugin.h"

namespace domain_testing {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

// "order_id" as the dialect spells it.
std::string Spelled(const std::string& name, const std::string& dialect) {
  if (dialect == "snake") return name;
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    camel += name[i] == '_' ? static_cast<char>(name[++i] - 'a' + 'A') : name[i];
  }
  return camel;
}

void CheckPayloads(const Story& story, const Flow& flow, const std::string& dialect) {
  std::string payloads;
  for (const Flow::Event& event : flow.events()) payloads += event.payload + "\n";
  for (const std::string& name : story.MemberNames()) {
    EXPECT_THAT(payloads, HasSubstr("\"" + Spelled(name, dialect) + "\":"));
  }
}

}  // namespace

omnibus::Uuid NewChain() {
  omnibus::Runtime& runtime = omnibus::SystemRuntime();
  return omnibus::RandomUuid(runtime.Random(), runtime.Random());
}

void PlayStory(Story& story, const std::string& transport, const std::string& dialect,
               const std::string& transports) {
  SCOPED_TRACE(story.name() + " on " + transport + " in " + dialect);
  absl::StatusOr<omnibus::Setting> configuration = omnibus::ParseSettings(
      "bus: {transport: " + transport + ", envelope: " + dialect + "}\n" + transports, "test.yaml");
  ASSERT_TRUE(configuration.ok()) << configuration.status();

  Flow flow;
  omnibus::BusOptions options;
  options.configuration = *configuration;
  options.transports = omnibus::DefaultTransports();
  options.modules = story.MakeModules();
  options.observer = &flow;
  absl::StatusOr<std::unique_ptr<omnibus::Bus>> bus = omnibus::Bus::Open(std::move(options));
  ASSERT_TRUE(bus.ok()) << bus.status();
  const absl::Status ready = (*bus)->WaitUntilReady(absl::Seconds(30));
  ASSERT_TRUE(ready.ok()) << ready;

  const absl::Status played = story.Play(flow);
  EXPECT_TRUE(played.ok()) << played;
  flow.WaitFor(story.Published().size(), story.Handled().size(), story.DeadLetters().size(),
               absl::Seconds(30));
  // What comes beyond that comes before the bus is closed.
  const absl::Status closed = (*bus)->Close(absl::Seconds(20));
  EXPECT_TRUE(closed.ok()) << closed;

  EXPECT_THAT(flow.PublishedLines(), ElementsAreArray(Sorted(story.Published())));
  EXPECT_THAT(flow.HandledLines(), ElementsAreArray(Sorted(story.Handled())));
  EXPECT_THAT(flow.DeadLetterLines(), ElementsAreArray(Sorted(story.DeadLetters())));
  EXPECT_THAT(flow.LostOnTheWire(), IsEmpty());
  CheckPayloads(story, flow, dialect);
  const absl::Status state = story.CheckState();
  EXPECT_TRUE(state.ok()) << state;
}

}  // namespace domain_testing
