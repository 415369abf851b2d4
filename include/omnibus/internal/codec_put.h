// Writes the smallest parts of JSON as raw stores. Each function gets the place to write to, and
// returns the end of what it wrote; it may store up to kOutputSlack characters further. Nobody
// checks for room here: JsonOutput::Reserve() has made it.
//
// What every x86-64 has (SSE2), and nearly every one (SSSE3), is used right here, in line; other
// processors go by plain code.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "omnibus/decimal.h"
#include "omnibus/internal/codec_output.h"
#include "omnibus/internal/codec_text.h"
#include "omnibus/internal/codec_words.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::internal {

// "00" to "99".
struct TwoDigits {
  char text[200];
};
extern const TwoDigits kTwoDigits;

// What is too long to be compiled for each field: a call costs it little. `Text` is between quotes;
// it is null with an error in `out` for what is not UTF-8.
char* PutLongInteger(char* at, std::uint64_t value);
char* PutDecimal(char* at, Decimal decimal);
char* PutDoubleText(char* at, double value, JsonOutput& out);
char* PutText(char* at, std::string_view text, JsonOutput& out);
// At most so many characters are `text`, escaped.
std::size_t LongTextBound(std::string_view text);

#if defined(__x86_64__)

// "hh:mm:" of each minute of a day, and "ssZ" of each second of a minute.
struct TimeTexts {
  std::uint64_t minutes[1440];
  std::uint32_t seconds[60];
};
extern const TimeTexts kTimeTexts;

// "mmmZ" of each millisecond of a second.
struct MillisecondTexts {
  std::uint32_t texts[1000];
};
extern const MillisecondTexts kMillisecondTexts;

// Days are numbered from 292 years before 1970: no Timestamp is earlier.
inline constexpr std::uint32_t kDaysBefore1970 = 106'752;

void FillDate(std::uint32_t number, DateTexts::Entry& entry);
char* PutFraction(char* at, std::uint32_t nanoseconds);  // behind the seconds, with the Z

// Byte by byte, values[index]; 0 where the index is negative. An instruction of SSSE3, which not
// every x86-64 has, so that it is called only after HasShuffle() has asked the processor. As
// assembly, since compilers want its intrinsic marked on every function on the way, and this one is
// inlined into all that writes.
[[gnu::always_inline]] inline __m128i Shuffle(__m128i values, __m128i indexes) {
  asm("pshufb %1, %0" : "+x"(values) : "x"(indexes));
  return values;
}
[[gnu::always_inline]] inline bool HasShuffle() { return __builtin_cpu_supports("ssse3") != 0; }
char* PutUuidWithoutShuffle(char* at, const Uuid& uuid);

[[gnu::always_inline]] inline char* PutUuid(char* at, const Uuid& uuid) {
  if (!HasShuffle()) [[unlikely]] {
    return PutUuidWithoutShuffle(at, uuid);
  }
  const __m128i digits =
      _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&uuid));
  const __m128i low_bits = _mm_set1_epi8(15);
  const __m128i high = Shuffle(digits, _mm_and_si128(_mm_srli_epi16(bytes, 4), low_bits));
  const __m128i low = Shuffle(digits, _mm_and_si128(bytes, low_bits));
  const __m128i first = _mm_unpacklo_epi8(high, low);
  const __m128i second = _mm_unpackhi_epi8(high, low);

  // 8-4-4-4-12: the middle, from the first dash to the last, is stored over the other two.
  const __m128i middle =
      _mm_castpd_si128(_mm_shuffle_pd(_mm_castsi128_pd(first), _mm_castsi128_pd(second), 1));
  const __m128i spread =
      Shuffle(middle, _mm_setr_epi8(-1, 0, 1, 2, 3, -1, 4, 5, 6, 7, -1, 8, 9, 10, 11, -1));
  const __m128i dashes = _mm_setr_epi8('-', 0, 0, 0, 0, '-', 0, 0, 0, 0, '-', 0, 0, 0, 0, '-');
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), first);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at + 20), second);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at + 8), _mm_or_si128(spread, dashes));
  return at + kUuidText;
}

[[gnu::always_inline]] inline char* PutTimestamp(char* at, Timestamp timestamp, DateTexts& dates) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::uint32_t kDay = 86'400;
  std::int64_t seconds = timestamp.nanoseconds / kSecond;
  std::int64_t fraction = timestamp.nanoseconds - seconds * kSecond;
  if (fraction < 0) [[unlikely]] {
    fraction += kSecond;
    --seconds;
  }
  const std::uint64_t shifted =
      static_cast<std::uint64_t>(seconds) + std::uint64_t{kDaysBefore1970} * kDay;
  // Both divisions by multiplying 32 bits. A day has 675 times 128 seconds. That of a minute is
  // spelled out: g++ would make a remainder of what follows, and divide twice.
  const std::uint32_t day = static_cast<std::uint32_t>(shifted >> 7) / 675;
  const std::uint32_t of_day = static_cast<std::uint32_t>(shifted) - day * kDay;
  const std::uint32_t minute = (of_day >> 2) * 34'953 >> 19;

  DateTexts::Entry& date = dates.entries[day % DateTexts::kSize];
  const std::uint32_t number = day + 1;
  if (date.number != number) [[unlikely]] {
    FillDate(number, date);
  }
  Store(at, date);  // its number too, which the time of day is stored over
  Store(at + 11, kTimeTexts.minutes[minute]);
  Store(at + 17, kTimeTexts.seconds[of_day - minute * 60]);
  if (fraction == 0) return at + 20;

  const auto nanoseconds = static_cast<std::uint32_t>(fraction);
  const std::uint32_t milliseconds = nanoseconds / 1'000'000;
  if (milliseconds * 1'000'000 != nanoseconds) [[unlikely]] {
    return PutFraction(at + 19, nanoseconds);
  }
  at[19] = '.';
  Store(at + 20, kMillisecondTexts.texts[milliseconds]);
  return at + 24;
}

// Up to four digits without a branch: split into two pairs, these into digits, each in its own
// byte, and shifted so that leading zeros fall off.
[[gnu::always_inline]] inline char* PutFourDigits(char* at, std::uint32_t value) {
  const std::uint32_t hundreds = value * 10'486 >> 20;
  const std::uint32_t pairs = hundreds | (value - hundreds * 100) << 16;
  const std::uint32_t tens = pairs * 103 >> 10 & 0x000f000f;
  const std::uint32_t digits = tens | (pairs - tens * 10) << 8;
  const int skip = std::countr_zero(digits | 0x01000000) & ~7;
  Store(at, (digits + 0x30303030) >> skip);
  return at + 4 - skip / 8;
}

[[gnu::always_inline]] inline char* PutUnsigned(char* at, std::uint64_t value) {
  if (value < 10) {
    *at = static_cast<char>('0' + value);
    return at + 1;
  }
  if (value < 10'000) return PutFourDigits(at, static_cast<std::uint32_t>(value));
  return PutLongInteger(at, value);
}

#else

inline char* PutUuid(char* at, const Uuid& uuid) { return WriteUuid(uuid, at); }
inline char* PutTimestamp(char* at, Timestamp timestamp, DateTexts&) {
  return WriteTimestamp(timestamp, at);
}
inline char* PutUnsigned(char* at, std::uint64_t value) { return PutLongInteger(at, value); }

#endif

template <std::integral Integer>
[[gnu::always_inline]] inline char* PutInteger(char* at, Integer value) {
  if constexpr (std::is_signed_v<Integer>) {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
      *at++ = '-';
      magnitude = 0 - magnitude;
    }
    return PutUnsigned(at, magnitude);
  } else {
    return PutUnsigned(at, value);
  }
}

// Short texts have room for the worst; of long ones what has to be escaped is counted first.
inline std::size_t TextBound(std::string_view text) {
  return text.size() <= 512 ? 6 * text.size() : LongTextBound(text);
}

}  // namespace omnibus::internal
