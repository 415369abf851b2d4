#include "transports/kafka/position_doubt.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace omnibus::kafka {
namespace {

using Verdict = PositionDoubt::Verdict;

class PositionDoubtTest : public ::testing::Test {
 protected:
  // Asks when it is time to, of a log that holds [low, high), with position 100.
  Verdict Ask(std::int64_t low, std::int64_t high) {
    now_ = std::max(now_, doubt_.ask_at());
    return doubt_.Judge(100, {.low = low, .high = high}, false, now_);
  }
  absl::Time now_ = absl::UnixEpoch();
  PositionDoubt doubt_;
};

TEST_F(PositionDoubtTest, IsAskedAtOnce) { EXPECT_LE(doubt_.ask_at(), now_); }

TEST_F(PositionDoubtTest, APositionThatTheBrokerHasIsGood) {
  EXPECT_EQ(Ask(0, 101), Verdict::kGoOn);
  EXPECT_EQ(Ask(100, 200), Verdict::kGoOn);
  EXPECT_EQ(Ask(0, 100), Verdict::kGoOn) << "the end is where the next message will be";
  EXPECT_EQ(Ask(100, 100), Verdict::kGoOn);
}

TEST_F(PositionDoubtTest, WhatIsNotKeptAnyMoreIsSkipped) {
  EXPECT_EQ(Ask(101, 200), Verdict::kSkip);
}

TEST_F(PositionDoubtTest, ThatTheLogHasStartedOverIsBelievedAfterAWhile) {
  const absl::Time start = now_;
  Verdict verdict = Verdict::kWait;
  int answers = 0;
  while (verdict == Verdict::kWait && now_ < start + absl::Minutes(1)) {
    verdict = Ask(0, 7);
    ++answers;
  }
  EXPECT_EQ(verdict, Verdict::kStartOver);
  EXPECT_GE(now_, start + PositionDoubt::kBelieveAfter);
  EXPECT_LE(now_, start + PositionDoubt::kBelieveAfter + PositionDoubt::kLongestPause);
  EXPECT_GE(answers, PositionDoubt::kBelieveAnswers);
  EXPECT_LE(answers, 20) << "the broker is asked too often";
}

TEST_F(PositionDoubtTest, AFewAnswersAreNotEnoughHoweverLateTheyCome) {
  EXPECT_EQ(Ask(0, 7), Verdict::kWait);
  for (int i = 2; i < PositionDoubt::kBelieveAnswers; ++i) {
    now_ += absl::Minutes(1);
    EXPECT_EQ(Ask(0, 7), Verdict::kWait) << i;
  }
  EXPECT_EQ(Ask(0, 7), Verdict::kStartOver);
}

TEST_F(PositionDoubtTest, OneAnswerThatHasThePositionBeginsTheWhileAnew) {
  const absl::Time start = now_;
  while (now_ < start + PositionDoubt::kBelieveAfter - absl::Seconds(2)) {
    ASSERT_EQ(Ask(0, 7), Verdict::kWait);
  }
  EXPECT_EQ(Ask(0, 150), Verdict::kGoOn);
  const absl::Time again = now_;
  while (now_ < again + PositionDoubt::kBelieveAfter - absl::Seconds(2)) {
    ASSERT_EQ(Ask(0, 7), Verdict::kWait);
  }
}

TEST_F(PositionDoubtTest, SilenceSaysNothing) {
  const absl::Time start = now_;
  while (now_ < start + 2 * PositionDoubt::kBelieveAfter) {
    now_ = std::max(now_, doubt_.ask_at());
    doubt_.NoAnswer(now_);
  }
  EXPECT_EQ(Ask(0, 7), Verdict::kWait);
  EXPECT_EQ(Ask(0, 150), Verdict::kGoOn);
}

TEST_F(PositionDoubtTest, AnotherLogIsBelievedAtOnce) {
  EXPECT_EQ(doubt_.Judge(100, {.low = 0, .high = 150}, true, now_), Verdict::kStartOver);
}

TEST_F(PositionDoubtTest, QuestionsAreSpacedAlsoWhenEachOneIsAnsweredWell) {
  ASSERT_EQ(Ask(0, 150), Verdict::kGoOn);
  EXPECT_EQ(doubt_.ask_at(), now_ + PositionDoubt::kFirstPause);
  ASSERT_EQ(Ask(0, 150), Verdict::kGoOn);
  EXPECT_EQ(doubt_.ask_at(), now_ + 2 * PositionDoubt::kFirstPause);
  now_ += absl::Minutes(1);
  ASSERT_EQ(Ask(0, 150), Verdict::kGoOn);
  EXPECT_EQ(doubt_.ask_at(), now_ + PositionDoubt::kFirstPause) << "an old doubt still counts";
}

}  // namespace
}  // namespace omnibus::kafka
