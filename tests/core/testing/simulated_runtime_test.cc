#include "omnibus/simulated_runtime.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace omnibus {
namespace {

TEST(SimulatedRuntime, TimePassesOnlyWhenEverybodyWaits) {
  SimulatedRuntime runtime;
  EXPECT_EQ(runtime.Now(), SimulatedRuntime::kStart);
  runtime.Advance(absl::Hours(1000));
  EXPECT_EQ(runtime.Now(), SimulatedRuntime::kStart + absl::Hours(1000));
  EXPECT_EQ(runtime.WallTime(), runtime.Now());
}

TEST(SimulatedRuntime, WhatIsDueHappensInOrder) {
  SimulatedRuntime runtime(7);
  std::vector<std::string> log;
  std::vector<std::unique_ptr<Thread>> threads;
  for (int delay : {30, 10, 20}) {
    threads.push_back(runtime.Spawn("sleeper", [&, delay] {
      runtime.SleepUntil(SimulatedRuntime::kStart + absl::Minutes(delay));
      log.push_back(std::to_string(delay));
    }));
  }
  runtime.Advance(absl::Minutes(25));
  EXPECT_EQ(log, (std::vector<std::string>{"10", "20"}));
  runtime.Advance(absl::Minutes(25));
  EXPECT_EQ(log, (std::vector<std::string>{"10", "20", "30"}));
  for (auto& thread : threads) thread->Join();
}

TEST(SimulatedRuntime, RunUntilIdleLetsNoTimePass) {
  SimulatedRuntime runtime;
  int steps = 0;
  auto thread = runtime.Spawn("worker", [&] {
    auto bell = runtime.NewDoorbell();
    for (; steps < 5; ++steps) {
      bell->Ring();
      bell->Wait(absl::InfiniteFuture());
    }
    runtime.SleepUntil(runtime.Now() + absl::Seconds(1));
    ++steps;
  });
  runtime.RunUntilIdle();
  EXPECT_EQ(steps, 5);
  EXPECT_EQ(runtime.Now(), SimulatedRuntime::kStart);
  thread->Join();
  thread->Join();
  EXPECT_EQ(steps, 6);
  EXPECT_EQ(runtime.Now(), SimulatedRuntime::kStart + absl::Seconds(1));
}

TEST(SimulatedRuntime, ADoorbellRemembersOneRing) {
  SimulatedRuntime runtime;
  auto bell = runtime.NewDoorbell();
  EXPECT_FALSE(bell->Wait(absl::InfinitePast()));
  bell->Ring();
  bell->Ring();
  EXPECT_TRUE(bell->Wait(absl::InfinitePast()));
  EXPECT_FALSE(bell->Wait(runtime.Now() + absl::Seconds(3)));
  EXPECT_EQ(runtime.Now(), SimulatedRuntime::kStart + absl::Seconds(3));
}

TEST(SimulatedRuntime, ARingWakesOneWaiter) {
  SimulatedRuntime runtime;
  auto bell = runtime.NewDoorbell();
  int woken = 0;
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < 3; ++i) {
    threads.push_back(runtime.Spawn("waiter", [&] {
      bell->Wait(absl::InfiniteFuture());
      ++woken;
    }));
  }
  runtime.RunUntilIdle();
  for (int i = 1; i <= 3; ++i) {
    bell->Ring();
    runtime.RunUntilIdle();
    EXPECT_EQ(woken, i);
  }
  for (auto& thread : threads) thread->Join();
}

// Who did a step, in turn.
std::string Interleaving(std::uint64_t seed) {
  SimulatedRuntime runtime(seed);
  std::string order;
  std::vector<std::unique_ptr<Thread>> threads;
  for (char name : {'a', 'b', 'c'}) {
    threads.push_back(runtime.Spawn(std::string(1, name), [&, name] {
      for (int i = 0; i < 20; ++i) {
        order += name;
        runtime.SleepUntil(runtime.Now());
      }
    }));
  }
  for (auto& thread : threads) thread->Join();
  return order;
}

TEST(SimulatedRuntime, TheSeedDecidesWhoGoesOn) {
  EXPECT_EQ(Interleaving(1), Interleaving(1));
  EXPECT_NE(Interleaving(1), Interleaving(2));
}

TEST(SimulatedRuntime, TheSeedDecidesRandomNumbers) {
  EXPECT_EQ(SimulatedRuntime(5).Random(), SimulatedRuntime(5).Random());
  EXPECT_NE(SimulatedRuntime(5).Random(), SimulatedRuntime(6).Random());
}

TEST(SimulatedRuntime, TheWallClockMayJumpAlone) {
  SimulatedRuntime runtime;
  runtime.JumpWallClock(-absl::Hours(1));
  EXPECT_EQ(runtime.Now(), SimulatedRuntime::kStart);
  EXPECT_EQ(runtime.WallTime(), SimulatedRuntime::kStart - absl::Hours(1));
}

TEST(SimulatedRuntimeDeathTest, ADeadlockNamesWhoWaits) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        SimulatedRuntime runtime;
        auto bell = runtime.NewDoorbell();
        auto thread = runtime.Spawn("stuck", [&] { bell->Wait(absl::InfiniteFuture()); });
        thread->Join();
      },
      "deadlock(.|\n)*main: waits for the end of stuck(.|\n)*stuck: waits for a ring, for ever");
}

}  // namespace
}  // namespace omnibus
