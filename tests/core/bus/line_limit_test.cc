#include "bus/line_limit.h"

#include "gtest/gtest.h"

namespace omnibus {
namespace {

const absl::Time kNow = absl::UnixEpoch();

TEST(LineLimit, TheFirstOfASecondAreWritten) {
  LineLimit limit;
  for (int i = 0; i < LineLimit::kLinesPerSecond; ++i) EXPECT_EQ(limit.Take(kNow), "");
  EXPECT_EQ(limit.Take(kNow), std::nullopt);
  EXPECT_EQ(limit.Take(kNow + absl::Milliseconds(999)), std::nullopt);
}

TEST(LineLimit, TheNextOneTellsOfThoseThatWereLeftOut) {
  LineLimit limit;
  for (int i = 0; i < LineLimit::kLinesPerSecond + 3; ++i) (void)limit.Take(kNow);
  EXPECT_EQ(limit.Take(kNow + absl::Seconds(1)), " (lines left out about failed messages: 3)");
  EXPECT_EQ(limit.Take(kNow + absl::Seconds(1)), "");
}

TEST(LineLimit, TheRestIsToldOfOnce) {
  LineLimit limit;
  EXPECT_EQ(limit.Rest(), "");
  for (int i = 0; i < LineLimit::kLinesPerSecond + 1; ++i) (void)limit.Take(kNow);
  EXPECT_EQ(limit.Rest(), " (lines left out about failed messages: 1)");
  EXPECT_EQ(limit.Rest(), "");
}

}  // namespace
}  // namespace omnibus
