#include "omnibus/bus.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/testing.h"
#include "tests/core/bus/workshop.h"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using workshop::Joiner;
using workshop::Made;
using workshop::Ordered;

constexpr char kThreeAttempts[] =
    "modules: {joiner: {concurrency: 2, retry: {attempts: 3, first_delay: 1s, jitter: 0}}}";

omnibus::TestBusOptions Configured(const std::string& yaml) {
  omnibus::TestBusOptions options;
  options.configuration = yaml;
  return options;
}

std::unique_ptr<Joiner> Does(Joiner::Work work) {
  return std::make_unique<Joiner>(std::move(work));
}

absl::Status Make(const Ordered& order, omnibus::Context& context) {
  return context.Publish(Made{order.bench, order.what});
}

TEST(Bus, WhatAHandlerPublishesInheritsTheChain) {
  omnibus::TestBus bus(Does(&Make));
  omnibus::PublishOptions options;
  options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}, options).ok());
  bus.RunUntilIdle();
  const omnibus::Metadata cause = bus.PublishedMetadata<Ordered>().at(0);
  const omnibus::Metadata effect = bus.PublishedMetadata<Made>().at(0);
  EXPECT_EQ(effect.correlation_id, cause.correlation_id);
  EXPECT_EQ(effect.causation_id, cause.id);
  EXPECT_EQ(effect.traceparent, cause.traceparent);
  EXPECT_EQ(effect.key, "1");
  EXPECT_EQ(effect.idempotency_key, omnibus::NameUuid(cause.idempotency_key, "workshop.joiner/0"));
}

TEST(Bus, AHandlerThatRunsTwicePublishesTheSameEffects) {
  omnibus::TestBus bus(Does([](const Ordered& order, omnibus::Context& context) {
                         const absl::Status made = Make(order, context);
                         return context.attempt() == 1 ? absl::AbortedError("again") : made;
                       }),
                       Configured(kThreeAttempts));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.Advance(absl::Minutes(1));
  const std::vector<omnibus::Metadata> made = bus.PublishedMetadata<Made>();
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].idempotency_key, made[1].idempotency_key);
}

TEST(Bus, ARepeatedKeyHasItsEffectOnce) {
  omnibus::TestBus bus(Does(&Make));
  omnibus::PublishOptions options;
  options.idempotency_key = omnibus::RandomUuid(1, 2);
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}, options).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}, options).ok());
  bus.RunUntilIdle();
  EXPECT_EQ(bus.Published<Made>().size(), 1u);
}

TEST(Bus, WhatKeepsFailingIsADeadLetterAfterTheLastAttempt) {
  int calls = 0;
  omnibus::TestBus bus(Does([&](const Ordered&, omnibus::Context&) {
                         ++calls;
                         return absl::UnavailableError("no wood");
                       }),
                       Configured(kThreeAttempts));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.Advance(absl::Minutes(1));
  EXPECT_EQ(calls, 3);
  ASSERT_EQ(bus.dead_letters().size(), 1u);
  EXPECT_EQ(bus.dead_letters()[0].reason, "UNAVAILABLE");
  EXPECT_EQ(bus.dead_letters()[0].detail, "no wood");
  EXPECT_EQ(bus.dead_letters()[0].attempts, 3);
}

TEST(Bus, AnErrorThatNoRetryCanHelpIsADeadLetterAtOnce) {
  int calls = 0;
  omnibus::TestBus bus(Does([&](const Ordered&, omnibus::Context&) {
    ++calls;
    return absl::NotFoundError("no such bench");
  }));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bus.dead_letters().size(), 1u);
}

TEST(Bus, AHandlerThatThrowsIsTriedAgain) {
  omnibus::TestBus bus(Does([](const Ordered& order, omnibus::Context& context) -> absl::Status {
                         if (context.attempt() == 1) throw std::runtime_error("splinter");
                         return Make(order, context);
                       }),
                       Configured(kThreeAttempts));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.Advance(absl::Minutes(1));
  EXPECT_EQ(bus.Published<Made>().size(), 1u);
  EXPECT_THAT(std::string(bus.handled().at(0).status.message()), HasSubstr("splinter"));
}

TEST(Bus, NothingOvertakesAnEarlierOneOfItsKeyThatIsRetriedAndOtherKeysFlow) {
  std::vector<std::string> done;
  omnibus::TestBus bus(Does([&](const Ordered& order, omnibus::Context& context) {
                         if (order.what == "first" && context.attempt() == 1) {
                           return absl::UnavailableError("not now");
                         }
                         done.push_back(order.what);
                         return absl::OkStatus();
                       }),
                       Configured(kThreeAttempts));
  ASSERT_TRUE(bus.Publish(Ordered{1, "first"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "second"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{2, "other"}).ok());
  bus.RunUntilIdle();
  EXPECT_THAT(done, ElementsAre("other"));
  bus.Advance(absl::Minutes(1));
  EXPECT_THAT(done, ElementsAre("other", "first", "second"));
}

TEST(Bus, UnorderedModulesLetLaterOnesOfAKeyGoFirst) {
  std::vector<std::string> done;
  omnibus::TestBus bus(Does([&](const Ordered& order, omnibus::Context& context) {
                         if (order.what == "first" && context.attempt() == 1) {
                           return absl::UnavailableError("not now");
                         }
                         done.push_back(order.what);
                         return absl::OkStatus();
                       }),
                       Configured("modules: {joiner: {ordered: false}}"));
  ASSERT_TRUE(bus.Publish(Ordered{1, "first"}).ok());
  ASSERT_TRUE(bus.Publish(Ordered{1, "second"}).ok());
  bus.Advance(absl::Minutes(1));
  EXPECT_THAT(done, ElementsAre("second", "first"));
}

TEST(Bus, AnEventThatWasNotDescribedIsNotPublished) {
  absl::Status refused;
  omnibus::TestBus bus(Does([&](const Ordered& order, omnibus::Context& context) {
    refused = context.Publish(order);
    return absl::OkStatus();
  }));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.RunUntilIdle();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("Publishes<>()"));
}

// Handles what the contract does not give it.
class Intruder final : public omnibus::Module {
 public:
  Intruder() : Module(workshop::kWorkshop, "painter") {}
  void Describe(omnibus::ModuleDescription& module) override {
    module.Handles<Ordered>([](const Ordered&, omnibus::Context&) { return absl::OkStatus(); });
    module.Publishes<Made>();
  }
};

TEST(Bus, AModuleThatBreaksAContractDoesNotOpen) {
  const omnibus::TestBus bus(std::make_unique<Intruder>());
  EXPECT_EQ(bus.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bus.status().message()), HasSubstr("workshop.painter: handles ordered"));
  EXPECT_THAT(std::string(bus.status().message()), HasSubstr("workshop.painter: publishes made"));
}

TEST(Bus, AnEventThatTheBusDoesNotKnowIsRefused) {
  omnibus::TestBus bus(std::vector<std::unique_ptr<omnibus::Module>>{});
  const absl::Status status = bus.Publish(Ordered{1, "chair"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("BusOptions::events"));
}

TEST(Bus, ATimerCarriesTheChainAndIsTriedAgain) {
  Joiner* joiner = nullptr;
  auto module = Does([&](const Ordered& order, omnibus::Context& context) {
    joiner->host().timers().Schedule(context.runtime().WallTime() + absl::Hours(2), "dry", context,
                                     [order](omnibus::Context& later) {
                                       if (later.attempt() == 1)
                                         return absl::UnavailableError("still wet");
                                       return later.Publish(Made{order.bench, order.what});
                                     });
    return absl::OkStatus();
  });
  joiner = module.get();
  omnibus::TestBus bus(std::move(module));
  ASSERT_TRUE(bus.Publish(Ordered{1, "chair"}).ok());
  bus.Advance(absl::Hours(1));
  EXPECT_TRUE(bus.Published<Made>().empty());
  bus.Advance(absl::Hours(2));
  ASSERT_EQ(bus.Published<Made>().size(), 1u);
  const omnibus::Metadata cause = bus.PublishedMetadata<Ordered>().at(0);
  const omnibus::Metadata effect = bus.PublishedMetadata<Made>().at(0);
  EXPECT_EQ(effect.correlation_id, cause.correlation_id);
  EXPECT_EQ(effect.causation_id, cause.id);
}

TEST(Bus, AskedOfAnErrorTheOutcomeSaysWhatBecameOfThePublish) {
  using omnibus::PublishOutcome;
  EXPECT_EQ(omnibus::OutcomeOf(absl::OkStatus()), PublishOutcome::kConfirmed);
  EXPECT_EQ(omnibus::OutcomeOf(absl::NotFoundError("")), PublishOutcome::kUnroutable);
  EXPECT_EQ(omnibus::OutcomeOf(absl::DeadlineExceededError("")), PublishOutcome::kUnknown);
  EXPECT_EQ(omnibus::OutcomeOf(absl::UnavailableError("")), PublishOutcome::kRefused);
  EXPECT_EQ(omnibus::OutcomeOf(absl::InvalidArgumentError("")), PublishOutcome::kRefused);
}

}  // namespace
