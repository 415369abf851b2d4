// A parked key's release, with the command or the service killed between any two of its steps: what
// is run again finishes it, in order, and nothing is lost.
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/bus.h"
#include "omnibus/dead_letters.h"
#include "omnibus/simulated_runtime.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/null_sink.h"
#include "tests/core/bus/workshop.h"
#include "tests/dead/mortal_transport.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using workshop::Joiner;
using workshop::Ordered;

constexpr char kPark[] = "modules: {joiner: {after_dead_letter: park, retry: {attempts: 1}}}";
constexpr int kMostSteps = 60;

enum class Verb { kReplay, kPurge };

// The workshop, its customer, and an operator: three processes around one broker.
class Workshop {
 public:
  explicit Workshop(std::uint64_t seed) : runtime_(seed) {
    customer_ = OpenBus(immortal_, {});
    StartJoiner();
    Order("first");
    broken_ = false;
    Order("second");
    Order("third");
    EXPECT_EQ(Letters(), 3);
  }

  ~Workshop() {
    EXPECT_EQ(joiner_->Close(absl::Seconds(30)), absl::OkStatus());
    EXPECT_EQ(customer_->Close(absl::Seconds(30)), absl::OkStatus());
  }

  void StartJoiner() {
    joiner_life_ = std::make_unique<Lifeline>();
    std::vector<std::unique_ptr<Module>> modules;
    modules.push_back(std::make_unique<Joiner>(
        [this, life = joiner_life_.get()](const Ordered& order, Context& context) {
          if (!life->Step()) return absl::CancelledError("killed");
          if (broken_) return absl::InternalError("no wood");
          // As an inbox that outlives the process would have it.
          if (known_.insert(context.metadata().idempotency_key).second) done_.push_back(order.what);
          return absl::OkStatus();
        }));
    joiner_ = OpenBus(*joiner_life_, std::move(modules));
    runtime_.RunUntilIdle();
  }

  // Clears away what is left of a killed one, or drains a living one, and starts another.
  void RestartJoiner() {
    joiner_->Close(absl::Seconds(30)).IgnoreError();
    joiner_.reset();
    StartJoiner();
  }

  Lifeline& joiner_life() { return *joiner_life_; }

  void Order(const std::string& what) {
    ASSERT_EQ(customer_->Publish(Ordered{1, what}), absl::OkStatus());
    Advance(absl::Seconds(1));
  }

  absl::StatusOr<RemovalTally> Operate(Verb verb, Lifeline& life) {
    DeadLetterFilter filter;
    if (verb == Verb::kReplay) return OpenLetters(life)->Replay(filter);
    filter.reasons = {"INTERNAL"};
    return OpenLetters(life)->Purge(filter);
  }

  int Letters() {
    int count = 0;
    EXPECT_EQ(OpenLetters(immortal_)->Browse({},
                                             [&](const BuriedMessage&) {
                                               ++count;
                                               return true;
                                             }),
              absl::OkStatus());
    return count;
  }

  void Advance(absl::Duration duration) {
    runtime_.Advance(duration);
    runtime_.RunUntilIdle();
  }

  const std::vector<std::string>& done() const { return done_; }
  Lifeline& immortal() { return immortal_; }

 private:
  std::unique_ptr<Bus> OpenBus(Lifeline& life, std::vector<std::unique_ptr<Module>> modules) {
    BusOptions options;
    options.configuration = *ParseSettings(kPark, "test.yaml");
    options.transports = {MakeMortalPlugin(broker_, life)};
    options.modules = std::move(modules);
    options.events = {&EventTypeOf<Ordered>()};
    options.runtime = &runtime_;
    options.log = log_;
    absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
    EXPECT_TRUE(bus.ok()) << bus.status();
    return *std::move(bus);
  }

  std::unique_ptr<DeadLetters> OpenLetters(Lifeline& life) {
    DeadLettersOptions options;
    options.configuration = *ParseSettings(kPark, "test.yaml");
    options.transports = {MakeMortalPlugin(broker_, life)};
    options.events = {&EventTypeOf<Ordered>()};
    options.runtime = &runtime_;
    options.log = log_;
    options.timeout = absl::Seconds(5);
    return *DeadLetters::Open(std::move(options));
  }

  SimulatedRuntime runtime_;
  const std::shared_ptr<spdlog::logger> log_ =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  const std::shared_ptr<MemoryBroker> broker_ = MakeMemoryBroker();
  Lifeline immortal_;
  std::unique_ptr<Lifeline> joiner_life_;
  bool broken_ = true;
  std::set<Uuid> known_;
  std::vector<std::string> done_;
  std::unique_ptr<Bus> customer_;
  std::unique_ptr<Bus> joiner_;
};

class KilledReleaseTest : public ::testing::TestWithParam<std::tuple<Verb, std::uint64_t>> {
 protected:
  Verb verb() const { return std::get<0>(GetParam()); }
  std::uint64_t seed() const { return std::get<1>(GetParam()); }

  // Whatever happened: run once more, all comes back in order, and the key goes on.
  void ExpectToFinish(Workshop& workshop) {
    const absl::StatusOr<RemovalTally> tally = workshop.Operate(verb(), workshop.immortal());
    ASSERT_TRUE(tally.ok()) << tally.status();
    EXPECT_EQ(tally->failed, 0) << tally->first_error;
    workshop.Advance(absl::Seconds(5));
    EXPECT_EQ(workshop.Letters(), 0);
    workshop.Order("last");
    if (verb() == Verb::kReplay) {
      EXPECT_THAT(workshop.done(), ElementsAre("first", "second", "third", "later", "last"));
    } else {
      EXPECT_THAT(workshop.done(), ElementsAre("second", "third", "later", "last"));
    }
  }
};

TEST_P(KilledReleaseTest, ACommandThatWasKilledIsFinishedByASecondOne) {
  for (const bool restarts : {false, true}) {
    int steps = 0;
    for (bool killed = true; killed; ++steps) {
      ASSERT_LT(steps, kMostSteps);
      SCOPED_TRACE(steps);
      Workshop workshop(seed());
      Lifeline life;
      life.DieAfter(steps);
      workshop.Operate(verb(), life).status().IgnoreError();
      killed = !life.alive();
      if (restarts) workshop.RestartJoiner();
      workshop.Order("later");
      ExpectToFinish(workshop);
    }
    EXPECT_GE(steps, 5) << "a release, two that follow, the end, and what is taken away";
  }
}

TEST_P(KilledReleaseTest, AServiceThatWasKilledIsReplacedAndTheKeyGoesOn) {
  int steps = 0;
  for (bool killed = true; killed; ++steps) {
    ASSERT_LT(steps, kMostSteps);
    SCOPED_TRACE(steps);
    Workshop workshop(seed());
    workshop.joiner_life().DieAfter(steps);
    workshop.Operate(verb(), workshop.immortal()).status().IgnoreError();
    workshop.Advance(absl::Seconds(2));
    killed = !workshop.joiner_life().alive();
    workshop.RestartJoiner();
    workshop.Order("later");
    ExpectToFinish(workshop);
  }
  EXPECT_GE(steps, 8);
}

// Replay: of what was to be purged. What was dropped before comes as any other dead letter's
// replay.
TEST_P(KilledReleaseTest, OfTwoCommandsTheLastOneCounts) {
  const Verb other = verb() == Verb::kReplay ? Verb::kPurge : Verb::kReplay;
  int steps = 0;
  for (bool killed = true; killed; ++steps) {
    ASSERT_LT(steps, kMostSteps);
    SCOPED_TRACE(steps);
    Workshop workshop(seed());
    Lifeline life;
    life.DieAfter(steps);
    workshop.Operate(other, life).status().IgnoreError();
    killed = !life.alive();
    if (!killed) continue;
    const absl::StatusOr<RemovalTally> tally = workshop.Operate(verb(), workshop.immortal());
    ASSERT_TRUE(tally.ok()) << tally.status();
    EXPECT_EQ(tally->failed, 0) << tally->first_error;
    workshop.Advance(absl::Seconds(5));
    workshop.Order("last");
    std::vector<std::string> followers = workshop.done();
    const auto times = std::erase(followers, "first");
    EXPECT_THAT(followers, ElementsAre("second", "third", "last"));
    EXPECT_TRUE(times == 1 || verb() == Verb::kPurge);
    // A release, two that follow, its end: behind that the first command may have had its way.
    if (steps >= 4) continue;
    EXPECT_EQ(times, verb() == Verb::kReplay ? 1u : 0u);
    EXPECT_EQ(workshop.done().front(), times == 1 ? "first" : "second");
  }
}

INSTANTIATE_TEST_SUITE_P(Each, KilledReleaseTest,
                         ::testing::Combine(::testing::Values(Verb::kReplay, Verb::kPurge),
                                            ::testing::Range<std::uint64_t>(1, 5)));

}  // namespace
}  // namespace omnibus::testing
