#include "omnibus/internal/codec_put.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_words.h"
#include "simdjson.h"

namespace omnibus::internal {
namespace {

// What stands behind the backslash; 'u' for characters that have no short form, 0 for those that
// need none.
constexpr std::array<char, 256> kEscape = [] {
  std::array<char, 256> escape = {};
  for (int c = 0; c < 0x20; ++c) escape[c] = 'u';
  escape['\b'] = 'b';
  escape['\f'] = 'f';
  escape['\n'] = 'n';
  escape['\r'] = 'r';
  escape['\t'] = 't';
  escape['"'] = '"';
  escape['\\'] = '\\';
  return escape;
}();

std::size_t CountEscaped(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += kEscape[static_cast<unsigned char>(c)] != 0 ? 1 : 0;
  return count;
}

// Whether any of eight characters is: borrows reach the high bit of a byte just where one is.
bool AnyIsEscaped(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  const std::uint64_t quotes = eight ^ ('"' * kOnes);
  const std::uint64_t backslashes = eight ^ ('\\' * kOnes);
  const std::uint64_t controls = (eight - 0x20 * kOnes) & ~eight;
  return ((controls | ((quotes - kOnes) & ~quotes) | ((backslashes - kOnes) & ~backslashes)) &
          kHighBits) != 0;
}

char* PutTextSlowly(char* at, std::string_view text, JsonOutput& out) {
  bool ascii = true;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    ascii = ascii && byte < 0x80;
    const char escape = kEscape[byte];
    if (escape == 0) continue;
    at = std::copy(text.begin() + written, text.begin() + i, at);
    written = i + 1;
    *at++ = '\\';
    *at++ = escape;
    if (escape == 'u') {
      constexpr std::string_view kHex = "0123456789abcdef";
      *at++ = '0';
      *at++ = '0';
      *at++ = kHex[byte >> 4];
      *at++ = kHex[byte & 15];
    }
  }
  at = std::copy(text.begin() + written, text.end(), at);
  if (ascii || simdjson::validate_utf8(text.data(), text.size())) return at;
  return out.Fail(StdView(absl::StrCat("expected UTF-8, found ", Quoted(text))));
}

#if defined(__x86_64__)
__m128i HexDigits(__m128i values) {
  const __m128i letters =
      _mm_and_si128(_mm_cmpgt_epi8(values, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
  return _mm_add_epi8(_mm_add_epi8(values, _mm_set1_epi8('0')), letters);
}

// Whether one of the 16 characters has to be looked at closely: not ASCII, or not to be written as
// it is.
int NeedsCare(__m128i text) {
  const __m128i quote = _mm_cmpeq_epi8(text, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'));
  // As signed numbers, those from 0x80 on are below the space too.
  const __m128i below = _mm_cmplt_epi8(text, _mm_set1_epi8(' '));
  return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), below));
}
#endif

}  // namespace

#if defined(__x86_64__)
char* PutUuidWithoutShuffle(char* at, const Uuid& uuid) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&uuid));
  const __m128i low_bits = _mm_set1_epi8(15);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), low_bits);
  const __m128i low = _mm_and_si128(bytes, low_bits);
  const __m128i first = HexDigits(_mm_unpacklo_epi8(high, low));
  const __m128i second = HexDigits(_mm_unpackhi_epi8(high, low));

  // 8-4-4-4-12: the middle is put together in two words, with the dashes.
  constexpr std::uint64_t kDash = '-';
  const auto middle = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_srli_si128(first, 8)));
  const auto fourth = static_cast<std::uint32_t>(_mm_cvtsi128_si32(second));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(at), first);
  Store(at + 8, kDash | (middle & 0xffffffff) << 8 | kDash << 40 | (middle >> 32) << 48);
  Store(at + 16, middle >> 48 | kDash << 16 | std::uint64_t{fourth} << 24 | kDash << 56);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at + 24), _mm_srli_si128(second, 4));
  return at + kUuidText;
}
#endif

alignas(64) constinit const TwoDigits kTwoDigits = [] {
  TwoDigits digits = {};
  for (int i = 0; i < 100; ++i) {
    digits.text[2 * i] = static_cast<char>('0' + i / 10);
    digits.text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

char* PutLongInteger(char* at, std::uint64_t value) {
  return std::to_chars(at, at + kOutputSlack, value).ptr;
}

char* PutDoubleText(char* at, double value, JsonOutput& out) {
  if (!std::isfinite(value)) return out.Fail("JSON has no number that is infinite or not a number");
  return std::to_chars(at, at + kOutputSlack, value).ptr;
}

char* PutDecimal(char* at, Decimal decimal) {
  if (decimal.scale() == 0) return PutInteger(at, decimal.units());
  if (decimal.scale() > 2) return WriteDecimal(decimal, at);
  // Money.
  auto units = static_cast<std::uint64_t>(decimal.units());
  if (decimal.units() < 0) {
    *at++ = '-';
    units = 0 - units;
  }
  if (decimal.scale() == 1) {
    at = PutUnsigned(at, units / 10);
    at[0] = '.';
    at[1] = static_cast<char>('0' + units % 10);
    return at + 2;
  }
  at = PutUnsigned(at, units / 100);
  at[0] = '.';
  Store(at + 1, Load<std::uint16_t>(kTwoDigits.text + 2 * (units % 100)));
  return at + 3;
}

std::size_t LongTextBound(std::string_view text) {
  const std::size_t size = text.size();
  std::size_t escapes = 0;
  while (text.size() >= sizeof(std::uint64_t)) {
    if (AnyIsEscaped(Load<std::uint64_t>(text.data()))) {
      escapes += CountEscaped(text.substr(0, sizeof(std::uint64_t)));
    }
    text.remove_prefix(sizeof(std::uint64_t));
  }
  return size + 5 * (escapes + CountEscaped(text));
}

#if defined(__x86_64__)
char* PutText(char* at, std::string_view text, JsonOutput& out) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  int care = 0;
  if (size >= 16) {
    const auto block = [&](std::size_t i) __attribute__((always_inline)) {
      const __m128i chars = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      care |= NeedsCare(chars);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + i), chars);
    };
    for (std::size_t i = 0; i + 16 <= size; i += 16) block(i);
    block(size - 16);
  } else if (size >= 4) {
    PutShort(at, from, size);
    const __m128i spaces = _mm_set1_epi8(' ');
    const __m128i head =
        size >= 8 ? _mm_set_epi64x(Load<long long>(from + size - 8), Load<long long>(from))
                  : _mm_unpacklo_epi64(
                        _mm_set_epi32(0, 0, Load<int>(from + size - 4), Load<int>(from)), spaces);
    care = NeedsCare(head);
  } else {
    for (std::size_t i = 0; i < size; ++i) {
      const auto c = static_cast<signed char>(from[i]);
      care |= static_cast<int>(c < ' ' || c == '"' || c == '\\');
      at[i] = from[i];
    }
  }
  if (care != 0) [[unlikely]] {
    return PutTextSlowly(at, text, out);
  }
  return at + size;
}
#else
char* PutText(char* at, std::string_view text, JsonOutput& out) {
  return PutTextSlowly(at, text, out);
}
#endif

}  // namespace omnibus::internal
