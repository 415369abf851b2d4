#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/nearest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omnibus/configuration.h"

namespace omnibus {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

SettingsReader ReaderOf(const std::string& yaml, std::string path = "it") {
  absl::StatusOr<Setting> parsed = ParseSettings(yaml, "f.yaml");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return SettingsReader(parsed.ok() ? *parsed : Setting(), std::move(path));
}

template <typename T>
std::string ErrorOf(const std::string& text) {
  T value{};
  const absl::Status status = ParseScalar(text, value);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

template <typename T>
T Parsed(const std::string& text) {
  T value{};
  const absl::Status status = ParseScalar(text, value);
  EXPECT_TRUE(status.ok()) << status;
  return value;
}

TEST(ParseScalar, ReadsWhatItShould) {
  EXPECT_EQ(Parsed<bool>("true"), true);
  EXPECT_EQ(Parsed<std::int64_t>("-42"), -42);
  EXPECT_EQ(Parsed<std::int64_t>("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(Parsed<double>("0.25"), 0.25);
  EXPECT_EQ(Parsed<absl::Duration>("1h30m"), absl::Minutes(90));
  EXPECT_EQ(Parsed<absl::Duration>("200ms"), absl::Milliseconds(200));
  EXPECT_EQ(Parsed<absl::Duration>("0"), absl::ZeroDuration());
  EXPECT_EQ(Parsed<Decimal>("31.50"), Decimal::FromUnits(315, 1));
  EXPECT_EQ(ToString(Parsed<Uuid>("0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d")),
            "0190c6f8-3e2a-4b7c-9c1d-2f3e4a5b6c7d");
}

TEST(ParseScalar, SaysWhatItExpectedAndFound) {
  EXPECT_EQ(ErrorOf<bool>("yes"), "expected true or false, found \"yes\"");
  EXPECT_EQ(ErrorOf<std::int64_t>("2.0"), "expected an integer, found \"2.0\"");
  EXPECT_EQ(ErrorOf<std::int64_t>(" 2"), "expected an integer, found \" 2\"");
  EXPECT_THAT(ErrorOf<std::int64_t>("9223372036854775808"), HasSubstr("64 bits"));
  EXPECT_THAT(ErrorOf<double>("nan"), HasSubstr("a number"));
  EXPECT_THAT(ErrorOf<double>("1e999"), HasSubstr("a number"));
  EXPECT_THAT(ErrorOf<double>(""), HasSubstr("a number"));
  EXPECT_THAT(ErrorOf<absl::Duration>("20"), HasSubstr("such as 200ms"));
  EXPECT_THAT(ErrorOf<absl::Duration>("inf"), HasSubstr("such as 200ms"));
  EXPECT_THAT(ErrorOf<absl::Duration>("-1s"), HasSubstr("not negative"));
  EXPECT_THAT(ErrorOf<Decimal>("30.999999999999999999"), HasSubstr("exactly"));
  EXPECT_THAT(ErrorOf<Decimal>("cheap"), HasSubstr("decimal"));
  EXPECT_THAT(ErrorOf<Uuid>("1"), HasSubstr("a uuid"));
}

TEST(ParseScalar, ClipsWhatItShows) {
  EXPECT_LT(ErrorOf<bool>(std::string(10000, 'x')).size(), 120u);
}

TEST(SettingsReader, KeepsTheDefaultOfWhatIsLeftOut) {
  SettingsReader reader = ReaderOf("a: 5\n");
  int a = 1, b = 2;
  reader.Read("a", a);
  reader.Read("b", b);
  EXPECT_TRUE(reader.Finish().ok());
  EXPECT_EQ(a, 5);
  EXPECT_EQ(b, 2);
}

TEST(SettingsReader, NamesTheNearestKeyForAMisspeltOne) {
  SettingsReader reader = ReaderOf("consumer: 1\nprefech: 5\n", "transports.rabbitmq");
  int value = 0;
  reader.Read("consumer", value);
  reader.Read("prefetch", value);
  EXPECT_EQ(reader.Finish().message(),
            "f.yaml:2:1: transports.rabbitmq: unknown key \"prefech\"; did you mean \"prefetch\"?");
}

TEST(SettingsReader, ListsTheKeysWhenNoneIsNear) {
  SettingsReader reader = ReaderOf("colour: red\n", "");
  int value = 0;
  reader.Read("url", value);
  reader.Read("prefetch", value);
  EXPECT_EQ(reader.Finish().message(), "f.yaml:1:1: unknown key \"colour\"; known: prefetch, url");
}

TEST(SettingsReader, CollectsAllErrors) {
  SettingsReader reader = ReaderOf("a: x\nb: 300\nc: [1]\n");
  int a = 0;
  std::uint8_t b = 0;
  std::string c, d;
  reader.Read("a", a);
  reader.Read("b", b);
  reader.Read("c", c);
  reader.Read("d", d);
  reader.Require("d");
  EXPECT_EQ(reader.Finish().message(),
            "f.yaml:1:4: it.a: expected an integer, found \"x\"\n"
            "f.yaml:2:4: it.b: out of range\n"
            "f.yaml:3:4: it.c: expected a single value\n"
            "f.yaml:1:1: it.d: is missing");
}

TEST(SettingsReader, RefusesAScalarWhereAMappingIsDue) {
  EXPECT_EQ(ReaderOf("just words\n").Finish().message(),
            "f.yaml:1:1: it: expected a mapping (name: value), found a single value");
  EXPECT_TRUE(SettingsReader(Setting(), "it").Finish().ok());
}

TEST(SettingsReader, ReadsListsAndMappings) {
  SettingsReader reader = ReaderOf("list: [a, b]\nmap: {linger.ms: 5, acks: all}\n");
  std::vector<std::string> list = {"default"};
  std::map<std::string, std::string> map;
  reader.Read("list", list);
  reader.Read("map", map);
  EXPECT_TRUE(reader.Finish().ok());
  EXPECT_THAT(list, ElementsAre("a", "b"));
  EXPECT_THAT(map, ElementsAre(Pair("acks", "all"), Pair("linger.ms", "5")));

  SettingsReader wrong = ReaderOf("list: a\nmap: {x: [1]}\nother: [[1]]\n");
  wrong.Read("list", list);
  wrong.Read("map", map);
  wrong.Read("other", list);
  EXPECT_EQ(wrong.Finish().message(),
            "f.yaml:1:7: it.list: expected a list\n"
            "f.yaml:2:7: it.map.x: expected a single value\n"
            "f.yaml:3:9: it.other: expected a list of single values");
}

TEST(SettingsReader, NeverShowsASecret) {
  SettingsReader reader =
      ReaderOf("password: swordfish\napi_token: [swordfish]\nurl: amqp://ann:swordfish@host/\n");
  int value = 0;
  reader.Read("password", value);
  reader.Read("api_token", value);
  reader.Read("url", value);
  const std::string error(reader.Finish().message());
  EXPECT_THAT(error, AllOf(HasSubstr("it.password: expected an integer"), HasSubstr("it.url"),
                           Not(HasSubstr("swordfish"))));
}

TEST(SettingsReader, TakesSecretsOutOfTheMessagesOfOthers) {
  SettingsReader reader = ReaderOf("url: amqp://ann:swordfish@host/\n");
  const Setting url = reader.Take("url");
  reader.Fail(url, "url", "cannot parse amqp://ann:swordfish@host/ at 9");
  EXPECT_THAT(std::string(reader.Finish().message()), Not(HasSubstr("swordfish")));
}

TEST(NearestName, FindsSlipsOfThePen) {
  const std::vector<std::string> names = {"transport", "first_delay", "jitter"};
  EXPECT_EQ(NearestName("trasnport", names), "transport");
  EXPECT_EQ(NearestName("firstDelay", names), "first_delay");
  EXPECT_EQ(NearestName("Jiter", names), "jitter");
  EXPECT_EQ(NearestName("banana", names), std::nullopt);
  EXPECT_EQ(NearestName("", names), std::nullopt);
}

}  // namespace
}  // namespace omnibus
