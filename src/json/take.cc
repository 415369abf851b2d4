#include "omnibus/internal/codec_take.h"

#ifdef OMNIBUS_QUICK_READS

#include <charconv>
#include <cstring>
#include <string_view>

#include "json/token.h"
#include "simdjson.h"

namespace omnibus::internal {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether an integer stands there as JSON has it: no sign but a minus, no zero before other digits.
bool StartsWithInteger(const char* at, const char* end) {
  if (at < end && *at == '-') ++at;
  if (at == end || !IsDigit(*at)) return false;
  return *at != '0' || at + 1 == end || !IsDigit(at[1]);
}

template <typename Integer>
const char* TakeLong(const char* at, const char* end, Integer min, Integer max, Integer& value) {
  if (!StartsWithInteger(at, end)) return nullptr;
  const auto [behind, error] = std::from_chars(at, end, value);
  return error == std::errc() && value >= min && value <= max ? behind : nullptr;
}

// All characters that a number may consist of.
std::string_view NumberToken(const char* at, const char* end) {
  const char* behind = at;
  while (behind < end && (IsDigit(*behind) || *behind == '.' || *behind == '-' || *behind == '+' ||
                          *behind == 'e' || *behind == 'E')) {
    ++behind;
  }
  return {at, static_cast<std::size_t>(behind - at)};
}

const char* EndOf(std::string_view token) { return token.data() + token.size(); }

const char* TakeLongDecimal(const char* at, const char* end, Decimal& value) {
  const std::string_view token = NumberToken(at, end);
  return ReadDecimal(token, value) == DecimalResult::kRead ? EndOf(token) : nullptr;
}

// With escapes, or not ASCII.
const char* TakeTextSlowly(const char* at, const char* end, std::string& value) {
  const char* behind = at;
  bool escapes = false;
  for (; behind < end && *behind != '"'; ++behind) {
    if (static_cast<unsigned char>(*behind) < 0x20) return nullptr;
    if (*behind == '\\') {
      escapes = true;
      // What is escaped does not end the string.
      if (++behind == end) return nullptr;
    }
  }
  if (behind == end) return nullptr;
  const std::string_view content(at, static_cast<std::size_t>(behind - at));
  if (!simdjson::validate_utf8(content.data(), content.size())) return nullptr;
  value.clear();
  if (!escapes) {
    value.assign(content);
  } else if (!Unescape(content, value).empty()) {
    return nullptr;
  }
  return behind;
}

constexpr std::array<char, 32> All(int even, int odd) {
  std::array<char, 32> vector = {};
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector[i] = static_cast<char>(i % 2 == 0 ? even : odd);
  }
  return vector;
}
constexpr std::array<char, 32> All(int value) { return All(value, value); }
constexpr std::array<char, 16> AtDashes(int value) {
  std::array<char, 16> vector = {};
  for (const std::size_t i : {0, 5, 10, 15}) vector[i] = static_cast<char>(value);
  return vector;
}

}  // namespace

constinit const HexVectors kHexVectors = {.zero = All('0'),
                                          .nine = All(9),
                                          .capital = All(0xdf),
                                          .a = All('A'),
                                          .ten = All(10),
                                          .high_bits = All(0xf0),
                                          .weights = All(16, 1),
                                          .dashes = AtDashes('-'),
                                          .dash_bits = AtDashes(0xff)};

std::uint64_t LoadLast(const char* at, const char* end) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, static_cast<std::size_t>(end - at));
  return word;
}

const char* FindCareInShort(const char* at, const char* end) {
  for (; at < end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x80) return at;
  }
  return nullptr;
}

const char* TakeLongSigned(const char* at, const char* end, std::int64_t min, std::int64_t max,
                           std::int64_t& value) {
  return TakeLong(at, end, min, max, value);
}

const char* TakeLongUnsigned(const char* at, const char* end, std::uint64_t max,
                             std::uint64_t& value) {
  return TakeLong(at, end, std::uint64_t{0}, max, value);
}

const char* TakeDouble(const char* at, const char* end, double& value) {
  const std::string_view token = NumberToken(at, end);
  if (!IsNumber(token)) return nullptr;
  return std::from_chars(at, EndOf(token), value).ec == std::errc() ? EndOf(token) : nullptr;
}

OMNIBUS_QUICK const char* TakeDecimal(const char* at, const char* end, Decimal& value) {
  constexpr std::uint32_t kPowers[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000};
  const DigitWord whole = Digits(LoadWord(at, end));
  if (whole.count - 1 > 6 || (*at == '0' && whole.count > 1)) [[unlikely]] {
    return TakeLongDecimal(at, end, value);
  }
  const std::uint64_t number = ValueOf(whole);
  const char* const point = at + whole.count;
  if (!IsAt(point, end, '.')) {
    // An exponent is no beginning of what may follow: then all is read the general way.
    value = Decimal::FromUnits(static_cast<std::int64_t>(number), 0);
    return point;
  }
  const DigitWord part = Digits(LoadWord(point + 1, end));
  if (part.count - 1 > 6) [[unlikely]] {
    return TakeLongDecimal(at, end, value);
  }
  value =
      Decimal::FromUnits(static_cast<std::int64_t>(number * kPowers[part.count] + ValueOf(part)),
                         static_cast<int>(part.count));
  return point + 1 + part.count;
}

OMNIBUS_QUICK const char* TakeText(const char* at, const QuickText& text, std::string& value) {
  const char* const stop = FindCare(at, text);
  if (stop == nullptr) [[unlikely]] {
    return nullptr;
  }
  if (*stop != '"') [[unlikely]] {
    return TakeTextSlowly(at, text.end, value);
  }
  value.assign(at, static_cast<std::size_t>(stop - at));
  return stop;
}

const char* TakeFraction(const char* at, const char* end, std::int64_t seconds, Timestamp& value) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t fraction = 0;
  std::int64_t unit = kSecond;
  const char* digit = at + 20;
  for (; digit < end && *digit >= '0' && *digit <= '9' && unit > 1; ++digit) {
    unit /= 10;
    fraction += (*digit - '0') * unit;
  }
  if (at[19] != '.' || unit == kSecond || digit == end || *digit != 'Z') {
    return TakeTimestampSlowly(at, end, value);
  }
  value.nanoseconds = seconds * kSecond + fraction;
  return digit + 1;
}

const char* TakeTimestampSlowly(const char* at, const char* end, Timestamp& value) {
  constexpr std::ptrdiff_t kLongest = 40;
  const char* behind = at;
  while (behind < end && behind - at < kLongest && *behind != '"') ++behind;
  const std::string_view text(at, static_cast<std::size_t>(behind - at));
  return ReadTimestamp(text, value) == nullptr ? behind : nullptr;
}

}  // namespace omnibus::internal

#endif
