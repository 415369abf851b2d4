#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "omnibus/codec.h"
#include "omnibus/testing.h"

namespace omnibus {

constexpr DomainName kParlour{"parlour", {"asker", "answerer"}};

struct Asked {
  std::int64_t number = 0;
  std::string question;
};

struct Answered {
  std::int64_t number = 0;
  std::string answer;
};

template <>
inline constexpr Contract contract<Asked> = {.type = "asked",
                                             .channel = "parlour.events",
                                             .domain = &kParlour,
                                             .publisher = "asker",
                                             .consumers = {"answerer"},
                                             .key = "number",
                                             .description = "Somebody wants to know something."};

template <>
inline constexpr Contract contract<Answered> = {.type = "answered",
                                                .channel = "parlour.events",
                                                .domain = &kParlour,
                                                .publisher = "answerer",
                                                .consumers = {"asker"},
                                                .key = "number",
                                                .description = "Somebody knows it."};

template struct Codec<Asked>;
template struct Codec<Answered>;

namespace {

// Answers; stumbles first as often as it is told, and never answers "why".
class Answerer final : public Module {
 public:
  explicit Answerer(int stumbles = 0) : Module(kParlour, "answerer"), stumbles_(stumbles) {}

  void Describe(ModuleDescription& module) override {
    module.Handles(this, &Answerer::OnAsked);
    module.Publishes<Answered>();
  }

 private:
  absl::Status OnAsked(const Asked& asked, Context& context) {
    if (asked.question == "why") return absl::InvalidArgumentError("nobody knows");
    if (context.attempt() <= stumbles_) return absl::UnavailableError("not now");
    return context.Publish(Answered{asked.number, "yes"});
  }

  const int stumbles_;
};

TEST(TestBus, ShowsWhatAHandlerPublishes) {
  TestBus bus(std::make_unique<Answerer>());
  ASSERT_TRUE(bus.status().ok()) << bus.status();
  ASSERT_TRUE(bus.Publish(Asked{7, "really?"}).ok());
  bus.RunUntilIdle();
  ASSERT_EQ(bus.Published<Answered>().size(), 1u);
  EXPECT_EQ(bus.Published<Answered>()[0].number, 7);
  EXPECT_EQ(bus.Published<Asked>()[0].question, "really?");
  EXPECT_EQ(bus.PublishedMetadata<Answered>()[0].causation_id,
            bus.PublishedMetadata<Asked>()[0].id);
}

TEST(TestBus, RetriesTakeVirtualTime) {
  TestBus bus(std::make_unique<Answerer>(/*stumbles=*/2));
  ASSERT_TRUE(bus.status().ok()) << bus.status();
  ASSERT_TRUE(bus.Publish(Asked{7, "really?"}).ok());
  bus.RunUntilIdle();
  EXPECT_TRUE(bus.Published<Answered>().empty());
  bus.Advance(absl::Minutes(1));
  EXPECT_EQ(bus.Published<Answered>().size(), 1u);
  EXPECT_EQ(bus.handled().size(), 3u);
}

TEST(TestBus, ShowsDeadLetters) {
  TestBus bus(std::make_unique<Answerer>());
  ASSERT_TRUE(bus.status().ok()) << bus.status();
  ASSERT_TRUE(bus.Publish(Asked{7, "why"}).ok());
  bus.Advance(absl::Seconds(1));
  const std::vector<TestBus::DeadLetter> dead = bus.dead_letters();
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].module, "answerer");
  EXPECT_EQ(dead[0].attempts, 1);
  EXPECT_THAT(dead[0].detail, ::testing::HasSubstr("nobody knows"));
}

TEST(TestBus, ReadsWhatGoesOverTheWireInEitherDialect) {
  TestBusOptions options;
  options.configuration = "bus: {envelope: camel}";
  TestBus bus(std::make_unique<Answerer>(), options);
  ASSERT_TRUE(bus.Publish(Asked{1, "really?"}).ok());
  bus.RunUntilIdle();
  EXPECT_EQ(bus.Published<Answered>().size(), 1u);
}

TEST(TestBus, AWrongConfigurationIsAStatus) {
  TestBusOptions options;
  options.configuration = "bus: {envelop: camel}";
  TestBus bus(std::make_unique<Answerer>(), options);
  EXPECT_EQ(bus.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(bus.Publish(Asked{}).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omnibus
