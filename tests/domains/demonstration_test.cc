// The domains' demonstrations on virtual time: they end as they say, and in the time that is
// promised.
#include <memory>
#include <string>
#include <vector>

#include "domains/bookstore/domain.h"
#include "domains/coworking/domain.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/testing.h"

namespace {

class DemonstrationTest : public ::testing::TestWithParam<std::uint64_t> {};

// Plays it, and returns what went to dead letters.
std::vector<omnibus::TestBus::DeadLetter> Play(const omnibus::Domain& domain, std::uint64_t seed) {
  const std::unique_ptr<omnibus::Demonstration> demonstration = domain.demonstration();
  omnibus::TestBusOptions options;
  options.seed = seed;
  omnibus::TestBus bus(demonstration->MakeModules(), options);
  EXPECT_TRUE(bus.status().ok()) << bus.status();
  if (!bus.status().ok()) return {};
  const absl::Status played = demonstration->Play(bus.runtime());
  EXPECT_TRUE(played.ok()) << played;
  absl::Status checked = demonstration->Check();
  for (int i = 0; i < 100 && absl::IsUnavailable(checked); ++i) {
    bus.Advance(absl::Milliseconds(100));
    checked = demonstration->Check();
  }
  EXPECT_TRUE(checked.ok()) << checked;
  // And it stays so.
  bus.Advance(absl::Minutes(1));
  checked = demonstration->Check();
  EXPECT_TRUE(checked.ok()) << checked;
  for (const omnibus::Demonstration::Table& table : demonstration->State()) {
    EXPECT_FALSE(table.rows.empty()) << table.title;
    for (const std::vector<std::string>& row : table.rows) {
      EXPECT_EQ(row.size(), table.columns.size()) << table.title;
    }
  }
  return bus.dead_letters();
}

TEST_P(DemonstrationTest, TheBookstoresEndsAsItShould) {
  EXPECT_TRUE(Play(bookstore::BookstoreDomain(), GetParam()).empty());
}

TEST_P(DemonstrationTest, TheCoworkingsEndsAsItShouldWithOneDeadLetter) {
  const auto dead = Play(coworking::CoworkingDomain(), GetParam());
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].module, "analytics-service");
  EXPECT_EQ(dead[0].channel, "booking.events");
  EXPECT_EQ(dead[0].attempts, 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DemonstrationTest, ::testing::Range<std::uint64_t>(1, 11));

}  // namespace
