#include "transports/rabbitmq/stall_watch.h"

#include <gtest/gtest.h>

namespace omnibus::rabbitmq {
namespace {

using Verdict = StallWatch::Verdict;

class StallWatchTest : public ::testing::Test {
 protected:
  void SetUp() override { watch_.Begin(now_); }

  // At the next moment that it wants to look.
  Verdict Look(int delivered, std::optional<std::uint32_t> waiting, bool is_full = false) {
    now_ = watch_.due();
    return watch_.Look(now_, delivered, is_full, waiting);
  }
  int LooksUntilStalled(int delivered, std::uint32_t waiting) {
    for (int looks = 1; looks < 10; ++looks) {
      if (Look(delivered, waiting) == Verdict::kStalled) return looks;
    }
    return 0;
  }

  static constexpr std::uint32_t kNothing = 0;
  static constexpr std::uint32_t kSomething = 3;

  StallWatch watch_;
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(StallWatchTest, AsksNothingWhileMessagesCome) {
  for (int delivered = 1; delivered < 5; ++delivered) {
    EXPECT_EQ(Look(delivered, kSomething), Verdict::kWell);
  }
}

TEST_F(StallWatchTest, AnEmptyQueueIsWellForEver) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Look(0, kNothing), Verdict::kAsk);
}

TEST_F(StallWatchTest, TwoAnswersThatSomethingIsThereAreEnough) {
  EXPECT_EQ(LooksUntilStalled(0, kSomething), 3);
}

TEST_F(StallWatchTest, AMessageThatComesInBetweenIsASignOfLife) {
  EXPECT_EQ(Look(0, std::nullopt), Verdict::kAsk);
  EXPECT_EQ(Look(0, kSomething), Verdict::kAsk);
  EXPECT_EQ(Look(1, kSomething), Verdict::kWell);
  EXPECT_EQ(LooksUntilStalled(1, kSomething), 3);
}

TEST_F(StallWatchTest, WhoeverHoldsAllThatHeMayIsNotStalled) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Look(0, kSomething, true), Verdict::kWell);
}

TEST_F(StallWatchTest, NoAnswerSaysNothing) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Look(0, std::nullopt), Verdict::kAsk);
}

TEST_F(StallWatchTest, WhatWasInVainIsTriedMoreRarelyUntilAMessageComes) {
  EXPECT_EQ(LooksUntilStalled(0, kSomething), 3);
  absl::Duration last = absl::ZeroDuration();
  for (int i = 0; i < 10; ++i) {
    const absl::Time begun = now_;
    watch_.Begin(now_);
    EXPECT_EQ(LooksUntilStalled(0, kSomething), 3);
    EXPECT_GE(now_ - begun, last);
    last = now_ - begun;
  }
  EXPECT_EQ(last, absl::Minutes(15));
  watch_.Begin(now_);
  EXPECT_EQ(Look(1, std::nullopt), Verdict::kWell);
  const absl::Time begun = now_;
  EXPECT_EQ(LooksUntilStalled(1, kSomething), 3);
  EXPECT_EQ(now_ - begun, absl::Seconds(6));
}

}  // namespace
}  // namespace omnibus::rabbitmq
