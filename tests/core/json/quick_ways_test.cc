// The codec has a quick way and a general way to read. Whatever the quick way takes, the general
// way takes too, and so does a reader that shares no code with either; and all three read the same.
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/codec_output.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/internal/codec_target.h"
#include "omnibus/internal/codec_text.h"
#include "tests/core/json/dom_reader.h"
#include "tests/core/json/everything.h"
#include "tests/core/json/mutation.h"

namespace omnibus::testing {
namespace {

const EventType& Type() { return EventTypeOf<Everything>(); }

bool Same(const Everything& a, const Everything& b) { return Type().equal(&a, &b); }

// `dom` is what ReadDom() made of it.
bool SameAsDom(Everything all, const std::optional<Everything>& dom) {
  all.price = AsInDom(all.price);
  for (auto& [key, price] : all.prices) price = AsInDom(price);
  return dom.has_value() && Same(all, *dom);
}

class AnyValue {
 public:
  explicit AnyValue(std::mt19937_64& random) : random_(random) {}

  std::size_t Below(std::size_t limit) { return random_() % limit; }
  bool Flip() { return Below(2) == 0; }

  // As many of each length.
  template <typename T>
  T Number() {
    const auto bits = static_cast<T>(random_());
    return static_cast<T>(bits >> Below(8 * sizeof(T)));
  }

  std::string Text() {
    static constexpr std::string_view kPieces[] = {"a",
                                                   "bc",
                                                   " ",
                                                   "/",
                                                   "\"",
                                                   "\\",
                                                   "\n",
                                                   std::string_view("\0", 1),
                                                   "\x1f",
                                                   "\x7f",
                                                   "\xc3\xa4",
                                                   "\xd0\xb8",
                                                   "\xe2\x82\xac",
                                                   "\xf0\x9f\x98\x80",
                                                   "plain text, of some length; "};
    std::string text;
    const bool plain = Below(4) != 0;
    for (std::size_t count = Below(12) * Below(4); count > 0; --count) {
      text += plain ? std::string_view("abcdefghijklmnopqrstuvwxyz").substr(Below(26), 1 + Below(3))
                    : kPieces[Below(std::size(kPieces))];
    }
    return text;
  }

  Uuid Id() {
    const std::uint64_t high = random_();
    return RandomUuid(high, random_());
  }

  Timestamp Time() {
    if (Below(8) == 0) return {Number<std::int64_t>()};
    const auto year = static_cast<std::int64_t>(1960 + Below(180)) - 1970;
    std::int64_t seconds = year * 31'556'952 + static_cast<std::int64_t>(Below(31'556'952));
    const std::int64_t fractions[] = {0, 0, 0, static_cast<std::int64_t>(Below(1000)) * 1'000'000,
                                      static_cast<std::int64_t>(Below(1'000'000'000))};
    return {seconds * 1'000'000'000 + fractions[Below(5)]};
  }

  Decimal Price() { return Decimal::FromUnits(Number<std::int32_t>(), static_cast<int>(Below(8))); }

  double Measure() {
    switch (Below(4)) {
      case 0:
        return static_cast<double>(Number<std::int32_t>());
      case 1:
        return static_cast<double>(Number<std::int32_t>()) / 100;
      case 2: {
        const auto bits = random_() & ~(std::uint64_t{1} << 62);  // finite
        double value = 0;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
      }
      default:
        return 0.1 * static_cast<double>(Below(1000));
    }
  }

  Colour AnyColour() { return static_cast<Colour>(Below(3)); }
  Part AnyPart() { return {Number<std::int64_t>(), Number<std::int32_t>()}; }

  Everything All() {
    Everything all;
    if (Flip()) all.first_if_there = Number<std::int64_t>();
    if (Flip()) all.second_if_there = Id();
    all.flag = Flip();
    all.tiny = Number<std::int8_t>();
    all.port = Number<std::uint16_t>();
    all.number = Number<std::int32_t>();
    all.large = Number<std::int64_t>();
    all.size = Number<std::uint64_t>();
    all.measure = Measure();
    all.some_text = Text();
    all.some_id = Id();
    all.some_time = Time();
    all.price = Price();
    all.colour = AnyColour();
    if (Flip()) all.maybe_text = Text();
    if (Flip()) all.maybe_colour = AnyColour();
    if (Flip()) all.maybe_numbers.emplace(Below(4), Number<std::int64_t>());
    if (Flip()) all.maybe_part = AnyPart();
    // Now and then more than are gathered at once.
    for (std::size_t i = Below(10) == 0 ? Below(600) : Below(4); i > 0; --i) {
      all.parts.push_back(AnyPart());
    }
    for (std::size_t i = Below(4); i > 0; --i) {
      Note& note = all.notes.emplace_back();
      if (Flip()) note.text = Text();
      if (Flip()) note.written_at = Time();
    }
    for (std::size_t i = Below(4); i > 0; --i) all.texts.push_back(Text());
    for (std::size_t i = Below(4); i > 0; --i) {
      all.measures.push_back(Flip() ? std::optional(Measure()) : std::nullopt);
    }
    for (std::size_t i = Below(4); i > 0; --i) all.flags.push_back(Flip());
    for (std::size_t i = Below(3); i > 0; --i) all.ids.emplace_back(Below(3), Id());
    for (std::int32_t& each : all.triple) each = Number<std::int32_t>();
    for (std::size_t i = Below(4); i > 0; --i) all.prices[Text()] = Price();
    all.last_text = Text();
    return all;
  }

 private:
  std::mt19937_64& random_;
};

// In a block of exactly its size, so that a sanitizer sees who reads beyond.
class ExactText {
 public:
  explicit ExactText(std::string_view text)
      : memory_(std::make_unique<char[]>(text.size())), size_(text.size()) {
    if (!text.empty()) std::memcpy(memory_.get(), text.data(), text.size());
  }
  std::string_view View() const { return {memory_.get(), size_}; }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t size_;
};

bool ReadsQuickly(const ExactText& text, Naming naming, Everything& all) {
  const std::string_view view = text.View();
  const char* const end = Type().read(view, naming, &all);
  return end == view.data() + view.size() && end != nullptr;
}

class QuickWays : public ::testing::TestWithParam<Naming> {
 protected:
  void SetUp() override {
    if (!internal::RunsQuickReads()) GTEST_SKIP() << "this processor has the general way only";
  }

  // Checks all readers against each other; whether the quick one took it.
  bool Check(std::string_view text) {
    const ExactText exact(text);
    Everything quick;
    if (!ReadsQuickly(exact, GetParam(), quick)) return false;
    const absl::StatusOr<EventPointer> general = ParsePayload(Type(), text, GetParam(), "");
    EXPECT_EQ(general.status(), absl::OkStatus()) << text;
    if (!general.ok()) return true;
    EXPECT_TRUE(Same(quick, *static_cast<const Everything*>(general->get()))) << text;
    const std::optional<Everything> dom = ReadDom(text, GetParam());
    EXPECT_TRUE(SameAsDom(quick, dom)) << text;
    return true;
  }
};

TEST_P(QuickWays, TakeWhatWeWriteAndReadItAsAllOthersDo) {
  std::mt19937_64 random(20250101);
  AnyValue any(random);
  for (std::int64_t round = Mutations(20'000) / 10; round > 0 && !HasFailure(); --round) {
    const Everything all = any.All();
    const absl::StatusOr<std::string> text = FormatPayload(Type(), &all, GetParam());
    ASSERT_EQ(text.status(), absl::OkStatus());
    EXPECT_TRUE(Check(*text)) << *text;
    const std::optional<Everything> dom = ReadDom(*text, GetParam());
    EXPECT_TRUE(SameAsDom(all, dom)) << *text;
  }
}

TEST_P(QuickWays, TakeNothingThatOthersRefuseOrReadOtherwise) {
  std::mt19937_64 random(20250102);
  AnyValue any(random);
  std::int64_t taken = 0;
  const std::int64_t rounds = Mutations(20'000);
  std::string text;
  for (std::int64_t round = 0; round < rounds && !HasFailure(); ++round) {
    if (round % 20 == 0) {
      const Everything all = any.All();
      text = *FormatPayload(Type(), &all, GetParam());
    }
    if (Check(Mutated(text, random))) ++taken;
  }
  EXPECT_GT(taken, rounds / 50);
}

TEST_P(QuickWays, StopAtTheEndOfATextThatIsCutOffAnywhere) {
  std::mt19937_64 random(20250103);
  const Everything all = AnyValue(random).All();
  const std::string text = *FormatPayload(Type(), &all, GetParam());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(Check(text.substr(0, size))) << size;
  }
  EXPECT_TRUE(Check(text));
}

// With nothing behind it, and with the envelope's brace.
template <typename E>
void CheckQuick(const E& event, Naming naming) {
  const EventType& type = EventTypeOf<E>();
  const std::string text = *FormatPayload(type, &event, naming);
  for (const char* behind : {"", "}"}) {
    const ExactText exact(text + behind);
    E read;
    EXPECT_EQ(type.read(exact.View(), naming, &read), exact.View().data() + text.size()) << text;
    EXPECT_TRUE(type.equal(&event, &read)) << text;
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    const ExactText exact(std::string_view(text).substr(0, size));
    E read;
    EXPECT_EQ(type.read(exact.View(), naming, &read), nullptr) << exact.View();
  }
}

TEST_P(QuickWays, TakeTheSmallestEvents) {
  for (std::size_t size = 0; size < 70; ++size) {
    CheckQuick(Said{std::string(size, 'x')}, GetParam());
    CheckQuick(Said{std::string(size, 'x') + '"'}, GetParam());
    CheckQuick(Said{"\xc3\xa4" + std::string(size, 'x')}, GetParam());
  }
  for (std::int64_t number = 1; number < 1'000'000'000'000; number *= 10) {
    for (const std::int64_t each : {number - 1, number, -number, 7 * number + 5}) {
      CheckQuick(Counted{each}, GetParam());
      for (int scale = 0; scale < 10; ++scale) {
        CheckQuick(Priced{Decimal::FromUnits(each, scale)}, GetParam());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Namings, QuickWays, ::testing::Values(Naming::kSnake, Naming::kCamel),
                         [](const auto& each) {
                           return each.param == Naming::kSnake ? "snake" : "camel";
                         });

// What the quick writers do at the edges of their tables.
TEST(QuickTexts, OfTimesAreThoseOfTheGeneralWay) {
  internal::JsonOutput out;
  const auto check = [&](std::int64_t nanoseconds) {
    char quick[internal::kTimestampText + internal::kOutputSlack];
    char general[internal::kTimestampText];
    const Timestamp time = {nanoseconds};
    const std::string_view written(quick, internal::PutTimestamp(quick, time, out.dates()));
    EXPECT_EQ(written, std::string_view(general, internal::WriteTimestamp(time, general)));
  };
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kDay = 86'400 * kSecond;
  for (const std::int64_t extreme :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    check(extreme);
    check(extreme / 2);
  }
  for (std::int64_t day = -106'750; day < 106'750; day += 7) {
    for (const std::int64_t offset : {-kSecond, -std::int64_t{1}, std::int64_t{0}, std::int64_t{1},
                                      1'000 * std::int64_t{1'000}, 86'399 * kSecond}) {
      check(day * kDay + offset);
    }
  }
  constexpr std::int64_t kMillisecond = kSecond / 1000;
  for (std::int64_t second = 0; second < 86'400; ++second) {
    check(second * kSecond);
    check(second * kSecond + second % 1000 * kMillisecond);
  }
}

TEST(QuickTexts, OfUuidsAreThoseOfTheGeneralWay) {
  std::mt19937_64 random(20250104);
  AnyValue any(random);
  for (int round = 0; round < 10'000; ++round) {
    const Uuid uuid = any.Id();
    char quick[internal::kUuidText + internal::kOutputSlack];
    char general[internal::kUuidText];
    const std::string_view expected(general, internal::WriteUuid(uuid, general));
    EXPECT_EQ(std::string_view(quick, internal::PutUuid(quick, uuid)), expected);
#if defined(__x86_64__)
    char plain[internal::kUuidText + internal::kOutputSlack];
    EXPECT_EQ(std::string_view(plain, internal::PutUuidWithoutShuffle(plain, uuid)), expected);
#endif
  }
}

TEST(QuickTexts, OfNumbersAreThoseOfTheStandardLibrary) {
  const auto check = [](std::uint64_t number) {
    char text[internal::kOutputSlack];
    EXPECT_EQ(std::string(text, internal::PutUnsigned(text, number)), std::to_string(number));
  };
  for (std::uint64_t number = 0; number < 120'000; ++number) check(number);
  for (std::uint64_t number = 1; number != 0; number *= 2) {
    check(number);
    check(number - 1);
    check(number * 10 - 1);
  }
  check(~std::uint64_t{0});
}

}  // namespace
}  // namespace omnibus::testing
