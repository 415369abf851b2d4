// Reads the smallest parts of JSON off the front of a text, if they look as we write them. Each
// function gets where it stands, and returns the end of what it took; or null for anything else,
// be it wrong or merely unusual: then the general way (codec_read.h) reads the message again, and
// says what is wrong. Nothing outside of the text is ever touched: messages have no padding.
#pragma once

#include "omnibus/internal/codec_target.h"

#ifdef OMNIBUS_QUICK_READS

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "omnibus/decimal.h"
#include "omnibus/internal/codec_fragments.h"
#include "omnibus/internal/codec_text.h"
#include "omnibus/internal/codec_words.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::internal {

// A whole text.
struct QuickText {
  const char* begin;
  const char* end;
};

// The long and the rare ways, and what is too long to be compiled for each field, where a call
// costs little: integers of any length, any double, any decimal, and a string up to its closing
// quote.
const char* TakeLongSigned(const char* at, const char* end, std::int64_t min, std::int64_t max,
                           std::int64_t& value);
const char* TakeLongUnsigned(const char* at, const char* end, std::uint64_t max,
                             std::uint64_t& value);
const char* TakeDouble(const char* at, const char* end, double& value);
OMNIBUS_QUICK const char* TakeDecimal(const char* at, const char* end, Decimal& value);
OMNIBUS_QUICK const char* TakeText(const char* at, const QuickText& text, std::string& value);
// What FindCare() does below, in a text of less than 32 characters.
const char* FindCareInShort(const char* at, const char* end);
// A time in any other spelling, or of another century: up to its closing quote.
const char* TakeTimestampSlowly(const char* at, const char* end, Timestamp& value);
// A time whose whole seconds are read, at least 20 characters: with a fraction of any length, as a
// clock has it, or in any other spelling.
const char* TakeFraction(const char* at, const char* end, std::int64_t seconds, Timestamp& value);

// Eight characters, or, within seven of the end, those that are there and zeros behind them.
// Nothing behind the end may be touched.
std::uint64_t LoadLast(const char* at, const char* end);
OMNIBUS_QUICK_INLINE std::uint64_t LoadWord(const char* at, const char* end) {
  if (end - at >= 8) [[likely]] {
    return Load<std::uint64_t>(at);
  }
  return LoadLast(at, end);
}

OMNIBUS_QUICK_INLINE bool HasRoom(const char* at, const char* end, std::size_t size) {
  return end - at >= static_cast<std::ptrdiff_t>(size);
}

// Whether a text of Least to Most characters is what `at` begins with, where so many are. Compares
// words, of which the last ends where the text does.
template <std::size_t Least, std::size_t Most>
OMNIBUS_QUICK_INLINE bool Matches(const char* at, const char* text, std::size_t size) {
  constexpr std::size_t kWord = std::min<std::size_t>(std::bit_floor(Least), 16);
  if constexpr (Most - Least > kWord) {
    return std::memcmp(at, text, size) == 0;
  } else if constexpr (kWord == 16) {
    const auto differences = [=](std::size_t i) __attribute__((always_inline, target("avx2,bmi"))) {
      return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i)),
                           _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i)));
    };
    __m128i all = differences(size - 16);
    for (std::size_t i = 0; i + 16 < Most; i += 16)
      all = _mm_or_si128(all, differences(std::min(i, Least - 16)));
    return _mm_testz_si128(all, all) != 0;
  } else {
    using Word = std::conditional_t<
        kWord == 8, std::uint64_t,
        std::conditional_t<kWord == 4, std::uint32_t,
                           std::conditional_t<kWord == 2, std::uint16_t, std::uint8_t>>>;
    const auto differences = [=](std::size_t i) __attribute__((always_inline, target("avx2,bmi"))) {
      return static_cast<Word>(Load<Word>(at + i) ^ Load<Word>(text + i));
    };
    Word all = differences(size - kWord);
    for (std::size_t i = 0; i + kWord < Most; i += kWord)
      all |= differences(std::min(i, Least - kWord));
    return all == 0;
  }
}

// Whether a text of constant size is what `at` begins with.
template <std::size_t Size>
OMNIBUS_QUICK_INLINE bool Matches(const char* at, const char* text) {
  return Matches<Size, Size>(at, text, Size);
}
template <std::size_t Size>
OMNIBUS_QUICK_INLINE bool StartsWith(const char* at, const char* end, const char* text) {
  return HasRoom(at, end, Size) && Matches<Size>(at, text);
}

OMNIBUS_QUICK_INLINE bool IsAt(const char* at, const char* end, char c) {
  return at < end && *at == c;
}

// In memory, where vectors are loaded from: g++ would rather put them together from numbers, each
// time anew.
struct alignas(32) HexVectors {
  std::array<char, 32> zero;       // '0'
  std::array<char, 32> nine;       // 9
  std::array<char, 32> capital;    // makes a small letter a capital one
  std::array<char, 32> a;          // 'A'
  std::array<char, 32> ten;        // 10
  std::array<char, 32> high_bits;  // what no digit has
  std::array<char, 32> weights;    // 16, 1, ...
  // Of the middle 16 characters, of which the first, the last and two more are dashes.
  std::array<char, 16> dashes;
  std::array<char, 16> dash_bits;
};
extern const HexVectors kHexVectors;

OMNIBUS_QUICK_INLINE __m256i LoadVector(const std::array<char, 32>& from) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(from.data()));
}
OMNIBUS_QUICK_INLINE __m128i LoadHalf(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

// Those below that are inlined count on kLeastText characters: whoever calls them has looked.

OMNIBUS_QUICK_INLINE const char* TakeBool(const char* at, bool& value) {
  value = Matches<4>(at, "true");
  if (value) return at + 4;
  return Matches<5>(at, "false") ? at + 5 : nullptr;
}

// 36 characters. All 32 digits are looked at in one vector: what is none becomes 16 or more.
OMNIBUS_QUICK_INLINE const char* TakeUuid(const char* at, Uuid& value) {
  // 8-4-4-4-12: the first 16 digits end at 18, the others begin at 19.
  const __m128i first = _mm_insert_epi16(
      _mm_shuffle_epi8(LoadHalf(at),
                       _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, -1, -1)),
      Load<std::int16_t>(at + 16), 7);
  const __m128i second = _mm_insert_epi8(
      _mm_shuffle_epi8(LoadHalf(at + 20),
                       _mm_setr_epi8(-1, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
      at[19], 0);
  const __m256i text = _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);

  const __m256i number = _mm256_sub_epi8(text, LoadVector(kHexVectors.zero));
  const __m256i digit =
      _mm256_or_si256(number, _mm256_cmpgt_epi8(number, LoadVector(kHexVectors.nine)));
  const __m256i letter =
      _mm256_adds_epu8(_mm256_sub_epi8(_mm256_and_si256(text, LoadVector(kHexVectors.capital)),
                                       LoadVector(kHexVectors.a)),
                       LoadVector(kHexVectors.ten));
  const __m256i values = _mm256_min_epu8(digit, letter);
  const bool digits = _mm256_testz_si256(values, LoadVector(kHexVectors.high_bits)) != 0;

  const bool dashes =
      _mm_testz_si128(_mm_xor_si128(LoadHalf(at + 8), LoadHalf(kHexVectors.dashes.data())),
                      LoadHalf(kHexVectors.dash_bits.data())) != 0;
  if (!digits || !dashes) [[unlikely]] {
    return nullptr;
  }
  const __m256i bytes = _mm256_maddubs_epi16(values, LoadVector(kHexVectors.weights));
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(&value),
      _mm_packus_epi16(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
  return at + kUuidText;
}

// The years 1970 to 2129: how many days come before each, doubled, and whether it is a leap year.
// Months and days: how many days come before one in a year that is no leap year.
struct CalendarTables {
  static constexpr std::uint32_t kFirstYear = 1970;
  static constexpr std::uint32_t kYears = 160;
  static constexpr std::uint16_t kNoDate = 0xffff;  // 29 February too: read slowly
  std::uint32_t years[kYears];
  std::uint16_t days[13 * 32];  // by month * 32 + day
};
extern const CalendarTables kCalendar;

// 2025-12-31T23:59:59Z, or with three digits of a fraction.
OMNIBUS_QUICK_INLINE const char* TakeTimestamp(const char* at, const char* end, Timestamp& value) {
  // YYYYMMDDhhmmss, and two of the separators.
  const __m128i text = _mm_insert_epi16(
      _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                       _mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, 4, 10)),
      Load<std::int16_t>(at + 17), 6);
  const __m128i digits = _mm_sub_epi8(text, _mm_setr_epi8('0', '0', '0', '0', '0', '0', '0', '0',
                                                          '0', '0', '0', '0', '0', '0', '-', 'T'));
  const __m128i pairs = _mm_maddubs_epi16(
      digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 0, 0));
  const __m128i too_large = _mm_or_si128(
      _mm_subs_epu8(digits, _mm_setr_epi8(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0)),
      _mm_subs_epu16(pairs, _mm_setr_epi16(99, 99, 12, 31, 23, 59, 59, 0)));
  constexpr std::uint64_t kColon = ':';
  const std::uint64_t separators =
      (Load<std::uint64_t>(at + 7) ^ (std::uint64_t{'-'} | kColon << 48)) & 0x00ff0000000000ff;
  const std::uint32_t tail = Load<std::uint32_t>(at + 16);
  if (_mm_testz_si128(too_large, too_large) == 0 || separators != 0 || (tail & 0xff) != kColon)
      [[unlikely]] {
    return TakeTimestampSlowly(at, end, value);
  }
  const __m128i sums = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 32, 1, 3600, 60, 1, 0));
  const auto date = static_cast<std::uint64_t>(_mm_cvtsi128_si64(sums));
  const auto time = static_cast<std::uint64_t>(_mm_extract_epi64(sums, 1));
  const std::uint32_t year = static_cast<std::uint32_t>(date) - CalendarTables::kFirstYear;
  const auto month_and_day = static_cast<std::uint32_t>(date >> 32);
  const std::uint32_t days = kCalendar.days[month_and_day];
  if (year >= CalendarTables::kYears || days == CalendarTables::kNoDate) [[unlikely]] {
    return TakeTimestampSlowly(at, end, value);
  }
  const std::uint32_t before = kCalendar.years[year];
  const std::uint32_t leap_day = before & (month_and_day >= 3 * 32 ? 1 : 0);
  const std::int64_t day = (before >> 1) + days + leap_day;
  const std::int64_t seconds =
      day * 86'400 + static_cast<std::uint32_t>(time) + static_cast<std::uint32_t>(time >> 32);
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (tail >> 24 == 'Z') {
    value.nanoseconds = seconds * kSecond;
    return at + 20;
  }
  if (end - at < 24) [[unlikely]] {
    return TakeFraction(at, end, seconds, value);
  }
  // Three digits and a Z, each as what is over '0' or 'Z': nothing above 9 or 0 may remain.
  const std::uint32_t fraction = Load<std::uint32_t>(at + 20) - 0x5a303030;
  if (tail >> 24 != '.' || ((fraction | (fraction + 0x7f767676)) & 0x80808080) != 0) [[unlikely]] {
    return TakeFraction(at, end, seconds, value);
  }
  const std::uint32_t milliseconds =
      (fraction & 0xff) * 100 + (fraction >> 8 & 0xff) * 10 + (fraction >> 16 & 0xff);
  value.nanoseconds = seconds * kSecond + std::int64_t{milliseconds} * 1'000'000;
  return at + 24;
}

// The digits that a word begins with, each in its byte; at most seven of them.
struct DigitWord {
  std::uint64_t digits;
  unsigned count;  // 8: more than seven
};

OMNIBUS_QUICK_INLINE DigitWord Digits(std::uint64_t word) {
  const std::uint64_t digits = word ^ 0x3030303030303030;
  const std::uint64_t others = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
  return {digits, static_cast<unsigned>(std::countr_zero(others)) / 8};
}

// The number that 1 to 7 digits spell.
OMNIBUS_QUICK_INLINE std::uint64_t ValueOf(DigitWord word) {
  std::uint64_t value = word.digits << (64 - 8 * word.count);
  value = value * 10 + (value >> 8);  // pairs, in every other byte
  constexpr std::uint64_t kPairs = 0x000000ff000000ff;
  return ((value & kPairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
          (value >> 16 & kPairs) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

template <std::integral Integer>
OMNIBUS_QUICK_INLINE const char* TakeInteger(const char* at, const char* end, Integer& value) {
  using Limits = std::numeric_limits<Integer>;
  const auto first = static_cast<unsigned char>(at[0] - '0');
  if (first <= 9 && static_cast<unsigned char>(at[1] - '0') > 9) {
    value = static_cast<Integer>(first);
    return at + 1;
  }
  const DigitWord word = Digits(LoadWord(at, end));
  if (word.count - 2 <= 5 && first != 0) {
    const std::uint64_t number = ValueOf(word);
    if constexpr (sizeof(Integer) < 4) {
      if (number > static_cast<std::uint64_t>(Limits::max())) return nullptr;
    }
    value = static_cast<Integer>(number);
    // A branch for each length, which the processor predicts: as a sum, the next value could not
    // be begun before this one's digits are counted. The barriers keep compilers from making a
    // sum of it again.
    switch (word.count) {
      case 2:
        at += 2;
        asm volatile("# 2 digits" : "+r"(at));
        return at;
      case 3:
        at += 3;
        asm volatile("# 3 digits" : "+r"(at));
        return at;
      case 4:
        at += 4;
        asm volatile("# 4 digits" : "+r"(at));
        return at;
      case 5:
        at += 5;
        asm volatile("# 5 digits" : "+r"(at));
        return at;
      default:
        return at + word.count;
    }
  }
  if constexpr (std::is_signed_v<Integer>) {
    std::int64_t number = 0;
    at = TakeLongSigned(at, end, Limits::min(), Limits::max(), number);
    value = static_cast<Integer>(number);
  } else {
    std::uint64_t number = 0;
    at = TakeLongUnsigned(at, end, Limits::max(), number);
    value = static_cast<Integer>(number);
  }
  return at;
}

// The first character that ends a string or has to be looked at closely; null: there is none.
OMNIBUS_QUICK_INLINE const char* FindCare(const char* at, const QuickText& text) {
  const auto care = [](const char* from) __attribute__((always_inline, target("avx2,bmi"))) {
    const __m256i chars = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const __m256i quote = _mm256_cmpeq_epi8(chars, _mm256_set1_epi8('"'));
    const __m256i backslash = _mm256_cmpeq_epi8(chars, _mm256_set1_epi8('\\'));
    // As signed numbers, those from 0x80 on are below the space too.
    const __m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), chars);
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, backslash), below)));
  };
  for (; text.end - at >= 32; at += 32) {
    const std::uint32_t mask = care(at);
    if (mask != 0) return at + std::countr_zero(mask);
  }
  if (at >= text.end) return nullptr;
  if (text.end - text.begin < 32) [[unlikely]] {
    return FindCareInShort(at, text.end);
  }
  // The last ones, with some that come before them.
  const std::uint32_t mask = care(text.end - 32) >> (32 - (text.end - at));
  return mask != 0 ? at + std::countr_zero(mask) : nullptr;
}

}  // namespace omnibus::internal

#endif
