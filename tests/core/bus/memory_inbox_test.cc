#include <memory>

#include "gtest/gtest.h"
#include "omnibus/inbox.h"
#include "omnibus/simulated_runtime.h"

namespace omnibus {
namespace {

class MemoryInboxTest : public ::testing::Test {
 protected:
  Inbox::Claim Begin(std::uint64_t key) { return inbox_->Begin(RandomUuid(key, key)).value(); }
  void Complete(std::uint64_t key) { EXPECT_TRUE(inbox_->Complete(RandomUuid(key, key)).ok()); }

  SimulatedRuntime runtime_{1};
  std::unique_ptr<Inbox> inbox_ =
      MakeMemoryInbox({.max_keys = 160, .max_age = absl::Hours(1)}, runtime_);
};

TEST_F(MemoryInboxTest, AnEffectIsTakenOnce) {
  EXPECT_EQ(Begin(1), Inbox::Claim::kFresh);
  EXPECT_EQ(Begin(1), Inbox::Claim::kRunning);
  Complete(1);
  EXPECT_EQ(Begin(1), Inbox::Claim::kTaken);
  EXPECT_EQ(Begin(2), Inbox::Claim::kFresh);
}

TEST_F(MemoryInboxTest, WhatWasAbandonedIsFreshAgain) {
  EXPECT_EQ(Begin(1), Inbox::Claim::kFresh);
  inbox_->Abandon(RandomUuid(1, 1));
  EXPECT_EQ(Begin(1), Inbox::Claim::kFresh);
}

TEST_F(MemoryInboxTest, ForgetsWhatIsOld) {
  EXPECT_EQ(Begin(1), Inbox::Claim::kFresh);
  Complete(1);
  runtime_.Advance(absl::Hours(2));
  EXPECT_EQ(Begin(1), Inbox::Claim::kFresh);
}

TEST_F(MemoryInboxTest, HoldsNoMoreKeysThanItMay) {
  for (std::uint64_t key = 1; key <= 2000; ++key) {
    ASSERT_EQ(Begin(key), Inbox::Claim::kFresh);
    Complete(key);
  }
  EXPECT_EQ(Begin(2000), Inbox::Claim::kTaken);
  int forgotten = 0;
  for (std::uint64_t key = 1; key <= 1000; ++key) forgotten += Begin(key) == Inbox::Claim::kFresh;
  EXPECT_EQ(forgotten, 1000);
}

}  // namespace
}  // namespace omnibus
