// Every kind of field, in both namings.
#include "omnibus/codec.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/json.h"
#include "tests/core/json/contract_events.h"

namespace omnibus::testing {

enum class Colour { red, dark_blue, none = -1, last = 127 };
enum Plain : std::uint8_t { kPlainA, kPlainB };

struct Inner {
  std::string some_name;
  std::optional<int> line_2;
};

struct Everything {
  bool is_it = false;
  std::int8_t tiny = 0;
  std::uint8_t unsigned_tiny = 0;
  std::int16_t small = 0;
  std::uint16_t unsigned_small = 0;
  std::int32_t middle = 0;
  std::uint32_t unsigned_middle = 0;
  long long large = 0;
  unsigned long unsigned_large = 0;
  double measure = 0;
  std::string text;
  Uuid id = {};
  Timestamp at;
  Decimal amount;
  Colour colour = Colour::red;
  Plain plain = kPlainA;
  std::optional<std::string> maybe_text;
  std::optional<std::vector<Inner>> maybe_list;
  std::optional<Inner> maybe_inner;
  std::vector<bool> flags;
  std::vector<std::optional<double>> gaps;
  std::vector<std::vector<int>> matrix;
  std::array<Inner, 2> pair;
  std::array<std::int32_t, 3> triple = {};
  std::map<std::string, Inner> by_name;
  std::map<std::string, std::vector<Decimal>> lists_by_name;
  Inner inner;
};

struct OptionalFirst {
  std::optional<int> a;
  std::optional<int> b;
  std::optional<int> c;
};

struct Empty {};

struct Tree {
  int value = 0;
  std::vector<Tree> branches;
};

struct Names {
  int plain = 0;
  int two_words = 0;
  int with__two = 0;
  int _leading = 0;
  int trailing_ = 0;
  int line_1 = 0;
  int already_Upper = 0;
};

constexpr DomainName kHere = {.name = "here", .services = {"a-service"}};

struct KeyedByText {
  std::string name;
};
struct KeyedByEnum {
  Colour colour;
};
struct Unkeyed {
  int value;
};

}  // namespace omnibus::testing

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Everything> = {
    .type = "everything",
    .channel = "here",
    .domain = &omnibus::testing::kHere,
    .publisher = "a-service",
    .key = "unsigned_large"};
template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::KeyedByText> = {
    .type = "keyed.by.text",
    .channel = "here",
    .domain = &omnibus::testing::kHere,
    .publisher = "a-service",
    .key = "name"};
template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::KeyedByEnum> = {
    .type = "keyed.by.enum",
    .channel = "here",
    .domain = &omnibus::testing::kHere,
    .publisher = "a-service",
    .key = "colour"};
template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::Unkeyed> = {
    .type = "unkeyed",
    .channel = "here",
    .domain = &omnibus::testing::kHere,
    .publisher = "a-service"};

template struct omnibus::Codec<omnibus::testing::Everything>;
template struct omnibus::Codec<omnibus::testing::KeyedByText>;
template struct omnibus::Codec<omnibus::testing::KeyedByEnum>;
template struct omnibus::Codec<omnibus::testing::Unkeyed>;

namespace omnibus::testing {
namespace {

Everything Sample() {
  Everything e;
  e.is_it = true;
  e.tiny = -128;
  e.unsigned_tiny = 255;
  e.small = -32768;
  e.unsigned_small = 65535;
  e.middle = -2147483648;
  e.unsigned_middle = 4294967295;
  e.large = std::numeric_limits<long long>::min();
  e.unsigned_large = std::numeric_limits<unsigned long>::max();
  e.measure = 0.1;
  e.text = "a\"b\\c\n\x01 \xd0\xb8";
  e.id = *ParseUuid("d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001");
  e.at = *ParseTimestamp("2025-01-01T12:00:00.001Z");
  e.amount = *ParseDecimal("31.5");
  e.colour = Colour::dark_blue;
  e.plain = kPlainB;
  e.maybe_list = std::vector<Inner>{{"x", std::nullopt}};
  e.flags = {true, false};
  e.gaps = {1.5, std::nullopt};
  e.matrix = {{1, 2}, {}, {3}};
  e.pair = {Inner{"left", 1}, Inner{"right", 2}};
  e.triple = {1, 2, 3};
  e.by_name = {{"first_one", {"f", 1}}, {"q\"", {"", std::nullopt}}};
  e.lists_by_name = {{"", {*ParseDecimal("1"), *ParseDecimal("-0.5")}}};
  e.inner = {"in", std::nullopt};
  return e;
}

constexpr std::string_view kSnake =
    R"({"is_it":true,"tiny":-128,"unsigned_tiny":255,"small":-32768,"unsigned_small":65535,)"
    R"("middle":-2147483648,"unsigned_middle":4294967295,"large":-9223372036854775808,)"
    R"("unsigned_large":18446744073709551615,"measure":0.1,"text":"a\"b\\c\n\u0001 )"
    "\xd0\xb8"
    R"(","id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","at":"2025-01-01T12:00:00.001Z",)"
    R"("amount":31.5,"colour":"dark_blue","plain":"kPlainB","maybe_list":[{"some_name":"x"}],)"
    R"("flags":[true,false],"gaps":[1.5,null],"matrix":[[1,2],[],[3]],)"
    R"("pair":[{"some_name":"left","line_2":1},{"some_name":"right","line_2":2}],)"
    R"("triple":[1,2,3],"by_name":{"first_one":{"some_name":"f","line_2":1},"q\"":{"some_name":""}},)"
    R"("lists_by_name":{"":[1,-0.5]},"inner":{"some_name":"in"}})";

// Keys of maps and enumerators are data: they stay.
constexpr std::string_view kCamel =
    R"({"isIt":true,"tiny":-128,"unsignedTiny":255,"small":-32768,"unsignedSmall":65535,)"
    R"("middle":-2147483648,"unsignedMiddle":4294967295,"large":-9223372036854775808,)"
    R"("unsignedLarge":18446744073709551615,"measure":0.1,"text":"a\"b\\c\n\u0001 )"
    "\xd0\xb8"
    R"(","id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","at":"2025-01-01T12:00:00.001Z",)"
    R"("amount":31.5,"colour":"dark_blue","plain":"kPlainB","maybeList":[{"someName":"x"}],)"
    R"("flags":[true,false],"gaps":[1.5,null],"matrix":[[1,2],[],[3]],)"
    R"("pair":[{"someName":"left","line2":1},{"someName":"right","line2":2}],)"
    R"("triple":[1,2,3],"byName":{"first_one":{"someName":"f","line2":1},"q\"":{"someName":""}},)"
    R"("listsByName":{"":[1,-0.5]},"inner":{"someName":"in"}})";

TEST(Codec, WritesAndReadsEveryKindOfFieldInBothNamings) {
  const EventType& type = EventTypeOf<Everything>();
  const Everything sample = Sample();
  for (const auto& [naming, text] : {std::pair{Naming::kSnake, kSnake}, {Naming::kCamel, kCamel}}) {
    EXPECT_EQ(*FormatPayload(type, &sample, naming), text);
    const absl::StatusOr<EventPointer> read = ParsePayload(type, text, naming, "payload");
    ASSERT_EQ(read.status(), absl::OkStatus());
    EXPECT_TRUE(type.equal(read->get(), &sample));
  }
}

TEST(Codec, TellsEventsApartByAnyField) {
  const EventType& type = EventTypeOf<Everything>();
  const auto differs = [&](auto change) {
    const Everything sample = Sample();
    Everything changed = Sample();
    change(changed);
    return !type.equal(&sample, &changed) && type.equal(&sample, &sample);
  };
  EXPECT_TRUE(differs([](Everything& e) { e.is_it = false; }));
  EXPECT_TRUE(differs([](Everything& e) { e.maybe_text = ""; }));
  EXPECT_TRUE(differs([](Everything& e) { e.flags.pop_back(); }));
  EXPECT_TRUE(differs([](Everything& e) { e.pair[1].line_2 = 3; }));
  EXPECT_TRUE(differs([](Everything& e) { e.by_name.erase("first_one"); }));
  EXPECT_TRUE(differs([](Everything& e) { e.lists_by_name[""][0] = Decimal(); }));
}

// The error of reading the sample with one of its parts replaced.
std::string Error(const std::string& part, const std::string& by) {
  std::string text(kSnake);
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  text.replace(at, part.size(), by);
  return std::string(
      ParsePayload(EventTypeOf<Everything>(), text, Naming::kSnake, "payload").status().message());
}

TEST(Codec, ChecksTheRangeOfEveryInteger) {
  EXPECT_EQ(Error("\"tiny\":-128", "\"tiny\":-129"),
            "payload.tiny: expected an integer from -128 to 127, found -129");
  EXPECT_EQ(Error(":255", ":256"),
            "payload.unsigned_tiny: expected an integer from 0 to 255, found 256");
  EXPECT_EQ(Error(":255", ":-1"),
            "payload.unsigned_tiny: expected an integer from 0 to 255, found -1");
  EXPECT_EQ(Error(":255", ":-0"), "");
  EXPECT_EQ(Error("65535", "65536"),
            "payload.unsigned_small: expected an integer from 0 to 65535, found 65536");
  EXPECT_EQ(Error("-2147483648", "2147483648"),
            "payload.middle: expected an integer from -2147483648 to 2147483647, found 2147483648");
  EXPECT_EQ(Error("18446744073709551615", "18446744073709551616"),
            "payload.unsigned_large: expected an integer from 0 to 18446744073709551615, found "
            "18446744073709551616");
}

TEST(Codec, ChecksEveryOtherKindOfField) {
  EXPECT_EQ(Error(":true", ":1"), "payload.is_it: expected true or false, found 1");
  EXPECT_EQ(Error("0.1", "\"0.1\""), R"(payload.measure: expected a number, found "0.1")");
  EXPECT_EQ(Error("0.1", "1e999"),
            "payload.measure: expected a number within the range of a double, found 1e999");
  EXPECT_EQ(Error("dark_blue", "blue"),
            R"(payload.colour: expected "none", "red", "dark_blue" or "last", found "blue")");
  EXPECT_EQ(Error("[1,2,3]", "[1,2]"), "payload.triple: expected a list of 3, found one of 2");
  EXPECT_EQ(Error("[1,2,3]", "[1,2,3,4,5]"),
            "payload.triple: expected a list of 3, found one of 5");
  EXPECT_EQ(Error("[3]]", "[\"3\"]]"), R"(payload.matrix[2][0]: expected an integer, found "3")");
  EXPECT_EQ(Error("\"f\"", "5"), "payload.by_name.first_one.some_name: expected a string, found 5");
  EXPECT_EQ(Error("\"q\\\"\":", "\"first_one\":"), "payload.by_name.first_one: given twice");
  EXPECT_EQ(Error("{\"some_name\":\"in\"}", "{}"), "payload.inner.some_name: missing");
  EXPECT_EQ(Error("{\"some_name\":\"in\"}", "[]"),
            "payload.inner: expected an object, found a list");
  EXPECT_EQ(Error("[true,false]", "[true,0]"), "payload.flags[1]: expected true or false, found 0");
  EXPECT_EQ(Error(",\"inner\":{\"some_name\":\"in\"}", ""), "payload.inner: missing");
  EXPECT_EQ(Error(",\"inner\":{\"some_name\":\"in\"}", ",\"maybe_text\":5"),
            "payload.maybe_text: expected a string, found 5");
}

TEST(Codec, AnOptionalIsAbsentOrNullOrThere) {
  EXPECT_EQ(*ToJson(OptionalFirst{}), "{}");
  EXPECT_EQ(*ToJson(OptionalFirst{std::nullopt, 1, std::nullopt}), R"({"b":1})");
  EXPECT_EQ(*ToJson(OptionalFirst{std::nullopt, 1, 2}), R"({"b":1,"c":2})");
  EXPECT_EQ(FromJson<OptionalFirst>(R"({"a":null,"c":3})")->c, 3);
  EXPECT_EQ(FromJson<OptionalFirst>(R"({"a":null})")->a, std::nullopt);
  EXPECT_EQ(FromJson<OptionalFirst>(R"({"a":"x"})").status(),
            absl::InvalidArgumentError(R"(a: expected an integer, found "x")"));
  EXPECT_EQ(FromJson<OptionalFirst>(R"({"a":nul})").status(),
            absl::InvalidArgumentError("a: expected an integer, found nul"));
}

TEST(Codec, StructsMayBeEmptyOrContainThemselves) {
  EXPECT_EQ(*ToJson(Empty{}), "{}");
  EXPECT_TRUE(FromJson<Empty>(R"({"more":1})").ok());
  const Tree tree = {1, {{2, {}}, {3, {{4, {}}}}}};
  EXPECT_EQ(
      *ToJson(tree),
      R"({"value":1,"branches":[{"value":2,"branches":[]},{"value":3,"branches":[{"value":4,"branches":[]}]}]})");
  EXPECT_EQ(FromJson<Tree>(*ToJson(tree))->branches[1].branches[0].value, 4);
}

TEST(Codec, NamesAreSpelledAsTheNamingAsks) {
  EXPECT_EQ(
      *ToJson(Names{}, Naming::kSnake),
      R"({"plain":0,"two_words":0,"with__two":0,"_leading":0,"trailing_":0,"line_1":0,"already_Upper":0})");
  EXPECT_EQ(
      *ToJson(Names{}, Naming::kCamel),
      R"({"plain":0,"twoWords":0,"withTwo":0,"_leading":0,"trailing_":0,"line1":0,"alreadyUpper":0})");
}

TEST(Codec, WhatJsonCannotHoldIsAnErrorWithItsPath) {
  const auto error = [](auto change) {
    Everything e = Sample();
    change(e);
    return std::string(
        FormatPayload(EventTypeOf<Everything>(), &e, Naming::kCamel).status().message());
  };
  EXPECT_EQ(error([](Everything& e) { e.measure = std::nan(""); }),
            "data.measure: JSON has no number that is infinite or not a number");
  EXPECT_EQ(error([](Everything& e) { e.gaps[0] = std::numeric_limits<double>::infinity(); }),
            "data.gaps[0]: JSON has no number that is infinite or not a number");
  EXPECT_EQ(error([](Everything& e) { e.pair[1].some_name = "a\xc3"; }),
            R"(data.pair[1].someName: expected UTF-8, found "a\xc3")");
  EXPECT_EQ(error([](Everything& e) { e.by_name["\xff"] = {}; }),
            R"(data.byName.\xff: expected UTF-8, found "\xff")");
  EXPECT_EQ(
      error([](Everything& e) { e.colour = static_cast<Colour>(5); }),
      "data.colour: the enumeration's value has no name (values from -1 to 127 may have one)");
}

TEST(Codec, AKeyIsTextAsItGoesOverTheWire) {
  const auto key = []<typename E>(const E& event) {
    std::string text = "key:";
    EventTypeOf<E>().append_key(&event, text);
    return text;
  };
  EXPECT_EQ(key(Sample()), "key:18446744073709551615");
  EXPECT_EQ(key(KeyedByText{"a b"}), "key:a b");
  EXPECT_EQ(key(KeyedByEnum{Colour::dark_blue}), "key:dark_blue");
  EXPECT_EQ(key(BookingCompleted{*ParseUuid("D3A2C1E4-7C9B-4A1E-9F4C-0E5B14B7C001")}),
            "key:d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001");
  EXPECT_EQ(key(Unkeyed{1}), "key:");
}

TEST(Codec, DescribesFieldsForPeople) {
  std::string text;
  for (const FieldInfo& field : EventTypeOf<OrderCreated>().fields) {
    text.append(field.name).append(": ").append(field.type).append(field.required ? "; " : "?; ");
  }
  EXPECT_EQ(text,
            "order_id: integer; user_id: integer; total_amount: decimal; "
            "items: list of {book_id, quantity}; status: \"created\"; ");
  EXPECT_FALSE(EventTypeOf<Everything>().fields[16].required);
  EXPECT_EQ(EventTypeOf<Everything>().fields[24].type, "map of {some_name, line_2}");
}

TEST(Codec, APayloadByHandMayBeSpelledEitherWay) {
  const EventType& type = EventTypeOf<BookingCompleted>();
  const auto error = [&](std::string_view json) {
    return std::string(
        ParsePayloadInEitherNaming(type, json, Naming::kCamel, "data").status().message());
  };
  EXPECT_EQ(error(R"({"bookingId":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001"})"), "");
  EXPECT_EQ(error(R"({"booking_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001"})"), "");
  EXPECT_EQ(error("{}"), "data.bookingId: missing");
  EXPECT_EQ(error(R"({"bookingId":1})"), "data.bookingId: expected a UUID, found 1");
  EXPECT_EQ(error(R"({"booking_id":1})"), "data.booking_id: expected a UUID, found 1");
  EXPECT_EQ(error("12"), "data: expected an object, found 12");
  EXPECT_EQ(error(""), "data: expected an object, found nothing");
}

TEST(Codec, KnowsTheTypesOfAList) {
  EXPECT_EQ(ContractEvents().size(), 10u);
  static_assert(kTypesDiffer<BookingCreated, BookingCancelled>);
  static_assert(!kTypesDiffer<BookingCreated, BookingCancelled, BookingCreated>);
}

std::string RandomText(std::mt19937_64& random) {
  static const std::string kParts[] = {"a",
                                       "Z",
                                       "\"",
                                       "\\",
                                       "/",
                                       "\n",
                                       std::string(1, '\0'),
                                       "\x1f",
                                       "\x7f",
                                       "\xc3\xa4",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "{",
                                       "]",
                                       ",",
                                       ":"};
  std::string text;
  for (std::size_t length = random() % 20; length > 0; --length) text += kParts[random() % 16];
  return text;
}

template <typename T>
T RandomInteger(std::mt19937_64& random) {
  return static_cast<T>(random() >> (random() % 64));
}

Inner RandomInner(std::mt19937_64& random) {
  Inner inner = {RandomText(random), std::nullopt};
  if (random() % 2 == 0) inner.line_2 = RandomInteger<int>(random);
  return inner;
}

double RandomDouble(std::mt19937_64& random) {
  const std::uint64_t bits = random();
  double value = 0;
  static_assert(sizeof(bits) == sizeof(value));
  std::memcpy(&value, &bits, sizeof(value));
  return std::isfinite(value) ? value : 0.5;
}

Everything RandomEverything(std::mt19937_64& random) {
  Everything e;
  e.is_it = random() % 2 == 0;
  e.tiny = RandomInteger<std::int8_t>(random);
  e.unsigned_small = RandomInteger<std::uint16_t>(random);
  e.large = RandomInteger<long long>(random);
  e.unsigned_large = RandomInteger<unsigned long>(random);
  e.measure = RandomDouble(random);
  e.text = RandomText(random);
  e.id = RandomUuid(random(), random());
  e.at = {RandomInteger<std::int64_t>(random)};
  e.amount =
      Decimal::FromUnits(RandomInteger<std::int64_t>(random) / 2, static_cast<int>(random() % 19));
  e.colour = random() % 2 == 0 ? Colour::none : Colour::last;
  if (random() % 2 == 0) e.maybe_text = RandomText(random);
  if (random() % 2 == 0) e.maybe_inner = RandomInner(random);
  for (std::size_t i = random() % 4; i > 0; --i) e.flags.push_back(random() % 2 == 0);
  for (std::size_t i = random() % 4; i > 0; --i) e.gaps.push_back(RandomDouble(random));
  for (std::size_t i = random() % 4; i > 0; --i) e.matrix.emplace_back(random() % 3);
  for (std::size_t i = random() % 4; i > 0; --i)
    e.by_name[RandomText(random)] = RandomInner(random);
  e.inner = RandomInner(random);
  return e;
}

TEST(Codec, WhateverWasWrittenIsReadAgain) {
  std::mt19937_64 random(3);
  const EventType& type = EventTypeOf<Everything>();
  for (int i = 0; i < 5'000; ++i) {
    const Everything event = RandomEverything(random);
    for (const Naming naming : {Naming::kSnake, Naming::kCamel}) {
      const absl::StatusOr<std::string> json = FormatPayload(type, &event, naming);
      ASSERT_EQ(json.status(), absl::OkStatus());
      const absl::StatusOr<EventPointer> read = ParsePayload(type, *json, naming, "");
      ASSERT_EQ(read.status(), absl::OkStatus()) << *json;
      ASSERT_TRUE(type.equal(read->get(), &event)) << *json;
    }
  }
}

TEST(LongTextBound, CountsJustWhatIsEscaped) {
  for (int c = 0; c < 256; ++c) {
    const bool escaped = c < 0x20 || c == '"' || c == '\\';
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, static_cast<char>(c == 'x' ? 'y' : 'x'));
      text[at] = static_cast<char>(c);
      ASSERT_EQ(internal::LongTextBound(text), escaped ? 25u : 20u) << c << " at " << at;
    }
    const std::string all(1'003, static_cast<char>(c));
    ASSERT_EQ(internal::LongTextBound(all), escaped ? 6'018u : 1'003u) << c;
  }
}

TEST(JsonValue, NamesWithEscapesAreKnownFromAnyDepthBelow) {
  JsonValue value;
  ASSERT_TRUE(value.Start(R"({"\u0061":{"\u0062":{"\u0063":{"\u0064":[{"e":[{:1}]}]}}}})"));
  EXPECT_FALSE(value.Skip());
  EXPECT_THAT(std::string(value.status().message()),
              ::testing::HasSubstr("a.b.c.d[0].e[0]: expected a field's name"));
}

}  // namespace
}  // namespace omnibus::testing
