#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "omnibus/runtime.h"

namespace omnibus {
namespace {

absl::Time In(absl::Duration delay) { return SystemRuntime().Now() + delay; }

TEST(SystemRuntime, SteadyTimeStartsAtTheWallClocksTime) {
  const absl::Duration apart =
      absl::AbsDuration(SystemRuntime().Now() - SystemRuntime().WallTime());
  EXPECT_LT(apart, absl::Seconds(5));
}

TEST(SystemRuntime, SteadyTimeNeverGoesBack) {
  absl::Time before = SystemRuntime().Now();
  for (int i = 0; i < 10000; ++i) {
    const absl::Time now = SystemRuntime().Now();
    ASSERT_GE(now, before);
    before = now;
  }
}

TEST(SystemRuntime, SleepsUntilTheDeadline) {
  const absl::Time deadline = In(absl::Milliseconds(20));
  SystemRuntime().SleepUntil(deadline);
  EXPECT_GE(SystemRuntime().Now(), deadline);
  SystemRuntime().SleepUntil(absl::InfinitePast());  // returns
}

TEST(SystemRuntime, ThreadsHaveTheirOwnRandomNumbers) {
  std::atomic<std::uint64_t> other = 0;
  SystemRuntime().Spawn("random", [&] { other = SystemRuntime().Random(); })->Join();
  std::set<std::uint64_t> seen = {other.load()};
  for (int i = 0; i < 1000; ++i) seen.insert(SystemRuntime().Random());
  EXPECT_EQ(seen.size(), 1001u);
}

TEST(SystemRuntime, ThreadsShowTheFirst15CharactersOfTheirName) {
  std::string shown;
  auto thread = SystemRuntime().Spawn("a-very-long-name-indeed", [&] {
    char name[32] = "";
    pthread_getname_np(pthread_self(), name, sizeof(name));
    shown = name;
  });
  thread->Join();
  thread->Join();  // idempotent
  EXPECT_EQ(shown, "a-very-long-nam");
}

TEST(SystemDoorbell, RemembersOneRingAndNoMore) {
  auto bell = SystemRuntime().NewDoorbell();
  EXPECT_FALSE(bell->Wait(absl::InfinitePast()));
  bell->Ring();
  bell->Ring();
  EXPECT_TRUE(bell->Wait(absl::InfinitePast()));
  EXPECT_FALSE(bell->Wait(absl::InfinitePast()));
}

TEST(SystemDoorbell, GivesUpAtTheDeadlineAndNotBefore) {
  auto bell = SystemRuntime().NewDoorbell();
  const absl::Time deadline = In(absl::Milliseconds(20));
  EXPECT_FALSE(bell->Wait(deadline));
  EXPECT_GE(SystemRuntime().Now(), deadline);
}

TEST(SystemDoorbell, ARingWakesWhoeverWaits) {
  auto bell = SystemRuntime().NewDoorbell();
  auto thread = SystemRuntime().Spawn("ringer", [&] { bell->Ring(); });
  EXPECT_TRUE(bell->Wait(absl::InfiniteFuture()));
  thread->Join();
}

TEST(SystemDoorbell, ADeadlineBeyondAllClocksIsNoProblem) {
  auto bell = SystemRuntime().NewDoorbell();
  auto thread = SystemRuntime().Spawn("ringer", [&] { bell->Ring(); });
  EXPECT_TRUE(bell->Wait(absl::FromUnixSeconds(1'000'000'000'000)));
  thread->Join();
}

// The contract of waiters: whoever leaves work for others rings again. With it, no work is left
// over and no waiter sleeps for ever.
TEST(SystemDoorbell, ManyWaitersShareManyRingsWithoutLosingAny) {
  constexpr int kItems = 20000;
  auto bell = SystemRuntime().NewDoorbell();
  std::atomic<int> items = 0;
  std::atomic<int> taken = 0;
  std::atomic<bool> finished = false;
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(SystemRuntime().Spawn("waiter", [&] {
      while (true) {
        int left = items.load();
        while (left > 0 && !items.compare_exchange_weak(left, left - 1)) {
        }
        if (left > 0) {
          ++taken;
          if (left > 1) bell->Ring();
          continue;
        }
        if (finished) break;
        bell->Wait(absl::InfiniteFuture());
      }
      bell->Ring();  // the others shall see the end too
    }));
  }
  for (int i = 0; i < kItems; ++i) {
    ++items;
    bell->Ring();
  }
  finished = true;
  bell->Ring();
  for (auto& thread : threads) thread->Join();
  EXPECT_EQ(taken, kItems);
}

TEST(SystemDoorbell, MayBeDestroyedAsSoonAsTheLastWaitReturned) {
  for (int i = 0; i < 500; ++i) {
    auto bell = SystemRuntime().NewDoorbell();
    auto thread = SystemRuntime().Spawn("ringer", [ringing = bell.get()] { ringing->Ring(); });
    ASSERT_TRUE(bell->Wait(absl::InfiniteFuture()));
    bell.reset();
    thread->Join();
  }
}

}  // namespace
}  // namespace omnibus
