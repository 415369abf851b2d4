// A run is its seed.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/simulation/run.h"

namespace omnibus::simulation {
namespace {

std::vector<std::string> StepsOf(std::uint64_t seed) {
  std::vector<std::string> steps;
  Run(seed, [&](const std::string& step) { steps.push_back(step); });
  return steps;
}

TEST(Simulation, IsTheSameToTheLastStep) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<std::string> steps = StepsOf(seed);
    EXPECT_GT(steps.size(), 100u);
    EXPECT_EQ(steps, StepsOf(seed)) << "seed " << seed;
  }
}

TEST(Simulation, IsAnotherOneForAnotherSeed) { EXPECT_NE(StepsOf(1), StepsOf(2)); }

// Nobody who looks changes what happens.
TEST(Simulation, IsTheSameWhenNobodyLooks) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult seen = simulation::Run(seed, [](const std::string&) {});
    const RunResult unseen = simulation::Run(seed, nullptr);
    EXPECT_EQ(seen.messages, unseen.messages) << "seed " << seed;
    EXPECT_EQ(seen.faults, unseen.faults) << "seed " << seed;
  }
}

}  // namespace
}  // namespace omnibus::simulation
