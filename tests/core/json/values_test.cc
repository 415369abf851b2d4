// UUIDs, times and decimals, and their texts.
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/decimal.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus {
namespace {

TEST(Uuid, IsWrittenSmallAndReadInBoth) {
  const Uuid uuid = *ParseUuid("D3A2C1E4-7c9b-4A1E-9f4c-0e5b14b7c001");
  EXPECT_EQ(ToString(uuid), "d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001");
  EXPECT_EQ(*uuid.begin(), 0xd3);
}

TEST(Uuid, NothingElseIsRead) {
  for (const char* text :
       {"", "d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c00", "d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c0011",
        "d3a2c1e47c9b-4a1e-9f4c-0e5b14b7c001-", "{3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c00}",
        "d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c00g", "d3a2c1e4_7c9b_4a1e_9f4c_0e5b14b7c001"}) {
    EXPECT_FALSE(ParseUuid(text).ok()) << text;
  }
  EXPECT_EQ(ParseUuid("x").status(), absl::InvalidArgumentError(R"(expected a UUID, found "x")"));
}

TEST(Uuid, RandomOnesSayThatTheyAre) {
  EXPECT_EQ(ToString(RandomUuid(0, 0)), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(ToString(RandomUuid(~0ULL, ~0ULL)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(ToString(RandomUuid(0x0123456789abcdef, 0x0123456789abcdef)),
            "01234567-89ab-4def-8123-456789abcdef");
}

TEST(Uuid, ANameHasAlwaysTheSameOne) {
  // The example of RFC 9562, appendix A.4: www.example.com in the name space of domain names.
  const Uuid dns = *ParseUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(ToString(NameUuid(dns, "www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Timestamp, HasAsManyDigitsAsHoldIt) {
  EXPECT_EQ(ToString(Timestamp{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(ToString(Timestamp{100'000'000}), "1970-01-01T00:00:00.100Z");
  EXPECT_EQ(ToString(Timestamp{1'000}), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(ToString(Timestamp{1}), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(ToString(Timestamp{-1}), "1969-12-31T23:59:59.999999999Z");
}

TEST(Timestamp, TheFirstAndTheLastAreReadAgain) {
  for (const std::int64_t nanoseconds :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    const Timestamp timestamp = {nanoseconds};
    EXPECT_EQ(*ParseTimestamp(ToString(timestamp)), timestamp);
  }
  EXPECT_EQ(ToString(Timestamp{std::numeric_limits<std::int64_t>::min()}),
            "1677-09-21T00:12:43.145224192Z");
  EXPECT_FALSE(ParseTimestamp("1677-09-21T00:12:43.145224191Z").ok());
  EXPECT_EQ(ToString(Timestamp{std::numeric_limits<std::int64_t>::max()}),
            "2262-04-11T23:47:16.854775807Z");
  EXPECT_FALSE(ParseTimestamp("2262-04-11T23:47:16.854775808Z").ok());
}

TEST(Timestamp, AgreesWithAbseilAllOverItsRange) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp timestamp = {static_cast<std::int64_t>(random())};
    const absl::Time time = ToTime(timestamp);
    ASSERT_EQ(ToTimestamp(time), timestamp);
    std::string expected = absl::FormatTime("%Y-%m-%dT%H:%M:%E9SZ", time, absl::UTCTimeZone());
    ASSERT_EQ(ParseTimestamp(expected)->nanoseconds, timestamp.nanoseconds) << expected;
    ASSERT_EQ(*ParseTimestamp(ToString(timestamp)), timestamp);
  }
}

TEST(Timestamp, ManyThingsAreNone) {
  for (const char* text : {"",
                           "2025",
                           "2025-1-01T00:00:00Z",
                           "2025-01-01T00:00:00",
                           "2025-01-01T00:00Z",
                           "2025-01-01T00:00:00.Z",
                           "2025-01-01T00:00:00,5Z",
                           "2025-00-01T00:00:00Z",
                           "2025-01-00T00:00:00Z",
                           "2025-04-31T00:00:00Z",
                           "2100-02-29T00:00:00Z",
                           "2025-01-01T00:60:00Z",
                           "2025-01-01T00:00:61Z",
                           "2025-01-01T00:00:00Zx",
                           "2025-01-01T00:00:00 Z",
                           "2025-01-01T00:00:00+3:00",
                           "2025-01-01T00:00:00+24:00",
                           "2025-01-01T00:00:00+03:60",
                           " 2025-01-01T00:00:00Z",
                           "+2025-01-01T00:00:00Z",
                           "20250101T000000Z",
                           "2025-06-30T12:59:60Z",
                           "2025-06-29T23:59:60Z"}) {
    EXPECT_FALSE(ParseTimestamp(text).ok()) << text;
  }
}

TEST(Decimal, IsKeptAndWrittenNormalized) {
  EXPECT_EQ(ToString(Decimal()), "0");
  EXPECT_EQ(ToString(Decimal::FromUnits(3150, 2)), "31.5");
  EXPECT_EQ(Decimal::FromUnits(3150, 2), Decimal::FromUnits(315, 1));
  EXPECT_EQ(ToString(Decimal::FromUnits(-5, 2)), "-0.05");
  EXPECT_EQ(ToString(Decimal::FromUnits(1200, 0)), "1200");
  EXPECT_EQ(ToString(Decimal::FromUnits(-1, 18)), "-0.000000000000000001");
  EXPECT_EQ(ToString(Decimal::FromUnits(std::numeric_limits<std::int64_t>::max(), 18)),
            "9.223372036854775807");
}

TEST(Decimal, IsReadExactly) {
  const auto text = [](std::string_view in) { return ToString(*ParseDecimal(in)); };
  EXPECT_EQ(text("31.50"), "31.5");
  EXPECT_EQ(text("2.0"), "2");
  EXPECT_EQ(text("2e0"), "2");
  EXPECT_EQ(text("2E+3"), "2000");
  EXPECT_EQ(text("12.5e-3"), "0.0125");
  EXPECT_EQ(text("-0"), "0");
  EXPECT_EQ(text("0e999999999999999999999"), "0");
  EXPECT_EQ(text("1000000000000000000"), "1000000000000000000");
  EXPECT_EQ(text("-9223372036854775807"), "-9223372036854775807");
  EXPECT_EQ(text("1.00000000000000000000000000000000000000"), "1");
  EXPECT_EQ(text("0.0000000000000000000000001e25"), "1");
  EXPECT_EQ(text("100000000000000000000000000e-26"), "1");
}

TEST(Decimal, WhatCannotBeHeldIsOutOfRange) {
  for (const char* text :
       {"30.999999999999999999", "1e400", "1e-400", "1e-19", "9223372036854775808", "1e19",
        "0.0000000000000000001", "99999999999999999999999999", "1e99999999999999999999",
        "10000000000000000000.5"}) {
    EXPECT_EQ(ParseDecimal(text).status().code(), absl::StatusCode::kOutOfRange) << text;
  }
}

TEST(Decimal, WhatIsNoNumberIsInvalid) {
  for (const char* text : {"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "1 ", " 1", "1x", "NaN",
                           "Infinity", "0x1", "1,5", "--1", "1e5.0"}) {
    EXPECT_EQ(ParseDecimal(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Decimal, ReckonsExactlyOrNotAtAll) {
  const Decimal price = *ParseDecimal("10.05");
  EXPECT_EQ(ToString(*price.Times(3)), "30.15");
  EXPECT_EQ(ToString(*price.Plus(*ParseDecimal("-0.05"))), "10");
  EXPECT_EQ(ToString(*price.Plus(*ParseDecimal("0.005"))), "10.055");
  const Decimal largest = Decimal::FromUnits(std::numeric_limits<std::int64_t>::max(), 0);
  EXPECT_EQ(largest.Plus(Decimal::FromUnits(1, 0)).status(),
            absl::OutOfRangeError("9223372036854775807 + 1 cannot be held exactly"));
  EXPECT_EQ(largest.Times(2).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(largest.Plus(Decimal::FromUnits(1, 18)).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(Decimal, IsOrderedByValue) {
  EXPECT_LT(*ParseDecimal("9.99"), *ParseDecimal("10"));
  EXPECT_LT(*ParseDecimal("-1"), *ParseDecimal("0.000001"));
  EXPECT_GT(*ParseDecimal("9223372036854775807"), *ParseDecimal("9.223372036854775807"));
  EXPECT_EQ(*ParseDecimal("1.0") <=> *ParseDecimal("1"), std::strong_ordering::equal);
}

TEST(Decimal, EveryOneIsReadAgain) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const auto units = static_cast<std::int64_t>(random()) >> (random() % 63);
    const Decimal decimal = Decimal::FromUnits(units, static_cast<int>(random() % 19));
    ASSERT_EQ(*ParseDecimal(ToString(decimal)), decimal);
  }
}

}  // namespace
}  // namespace omnibus
