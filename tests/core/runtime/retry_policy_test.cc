#include "omnibus/retry_policy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace omnibus {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(RetryPolicy, EachDelayIsAMultipleOfTheOneBefore) {
  RetryPolicy policy;
  policy.jitter = 0;
  EXPECT_EQ(policy.DelayAfter(1, 0), absl::Milliseconds(100));
  EXPECT_EQ(policy.DelayAfter(2, kMost), absl::Milliseconds(200));
  EXPECT_EQ(policy.DelayAfter(3, 12345), absl::Milliseconds(400));
}

TEST(RetryPolicy, NoDelayIsLongerThanTheLongest) {
  RetryPolicy policy;
  policy.jitter = 0;
  EXPECT_EQ(policy.DelayAfter(12, 0), absl::Seconds(30));
  EXPECT_EQ(policy.DelayAfter(100000, 0), absl::Seconds(30));
}

TEST(RetryPolicy, JitterSpreadsToEitherSide) {
  RetryPolicy policy;
  const absl::Duration least = policy.DelayAfter(1, 0);
  const absl::Duration most = policy.DelayAfter(1, kMost);
  EXPECT_EQ(least, absl::Milliseconds(80));
  EXPECT_GT(most, absl::Milliseconds(119));
  EXPECT_LE(most, absl::Milliseconds(120));
}

TEST(RetryPolicy, NoDelayStaysNone) {
  RetryPolicy policy;
  policy.first_delay = absl::ZeroDuration();
  EXPECT_EQ(policy.DelayAfter(100000, kMost), absl::ZeroDuration());
}

TEST(RetryPolicy, OnlyWhatMayPassIsRetried) {
  EXPECT_TRUE(CanRetry(absl::UnavailableError("")));
  EXPECT_TRUE(CanRetry(absl::AbortedError("")));
  EXPECT_TRUE(CanRetry(absl::DeadlineExceededError("")));
  EXPECT_TRUE(CanRetry(absl::ResourceExhaustedError("")));
  EXPECT_TRUE(CanRetry(absl::InternalError("")));
  EXPECT_TRUE(CanRetry(absl::UnknownError("")));
  EXPECT_FALSE(CanRetry(absl::OkStatus()));
  EXPECT_FALSE(CanRetry(absl::CancelledError("")));
  EXPECT_FALSE(CanRetry(absl::InvalidArgumentError("")));
  EXPECT_FALSE(CanRetry(absl::NotFoundError("")));
  EXPECT_FALSE(CanRetry(absl::FailedPreconditionError("")));
  EXPECT_FALSE(CanRetry(absl::PermissionDeniedError("")));
}

}  // namespace
}  // namespace omnibus
