#include "omnibus/decimal.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "omnibus/internal/codec_text.h"

namespace omnibus {
namespace {

constexpr int kMaxScale = 18;

// Products of two 64-bit numbers, and sums of numbers of unlike scale, fit easily.
__extension__ using Wide = __int128;

constexpr Wide PowerOfTen(int exponent) {
  Wide result = 1;
  for (; exponent > 0; --exponent) result *= 10;
  return result;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Drops trailing zeros behind the point; false when the rest does not fit.
bool Normalize(Wide units, int scale, std::int64_t& narrow, int& narrow_scale) {
  while (scale > 0 && units % 10 == 0) {
    units /= 10;
    --scale;
  }
  constexpr Wide kLimit = std::numeric_limits<std::int64_t>::max();
  if (scale > kMaxScale || units > kLimit || units < -kLimit) return false;
  narrow = static_cast<std::int64_t>(units);
  narrow_scale = scale;
  return true;
}

absl::Status TooLarge(const std::string& sum) {
  return absl::OutOfRangeError(absl::StrCat(sum, " cannot be held exactly"));
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Plus(Decimal other) const {
  const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
  const Wide sum =
      units_ * PowerOfTen(scale - scale_) + other.units_ * PowerOfTen(scale - other.scale_);
  Decimal result;
  if (Normalize(sum, scale, result.units_, result.scale_)) return result;
  return TooLarge(absl::StrCat(ToString(*this), " + ", ToString(other)));
}

absl::StatusOr<Decimal> Decimal::Times(std::int64_t factor) const {
  Decimal result;
  if (Normalize(Wide{units_} * factor, scale_, result.units_, result.scale_)) return result;
  return TooLarge(absl::StrCat(ToString(*this), " * ", factor));
}

std::strong_ordering operator<=>(Decimal a, Decimal b) {
  const Wide left = a.units_ * PowerOfTen(b.scale_);
  const Wide right = b.units_ * PowerOfTen(a.scale_);
  if (left == right) return std::strong_ordering::equal;
  return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
}

namespace internal {

char* WriteDecimal(Decimal decimal, char* out) {
  std::uint64_t units = decimal.units() < 0 ? 0 - static_cast<std::uint64_t>(decimal.units())
                                            : static_cast<std::uint64_t>(decimal.units());
  char reversed[kDecimalText];
  int size = 0;
  // At least one digit stands before the point.
  for (; units != 0 || size <= decimal.scale(); units /= 10) {
    reversed[size++] = static_cast<char>('0' + units % 10);
  }
  if (decimal.units() < 0) *out++ = '-';
  while (size > 0) {
    *out++ = reversed[--size];
    if (size == decimal.scale() && size != 0) *out++ = '.';
  }
  return out;
}

DecimalResult ReadDecimal(std::string_view text, Decimal& decimal) {
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  const bool negative = peek() == '-';
  if (negative) ++at;
  if (!IsDigit(peek())) return DecimalResult::kNoNumber;

  // Significant digits are gathered without leading and trailing zeros, so that a number that is
  // merely written long is not refused: zeros are counted, and put in once another digit follows.
  std::uint64_t digits = 0;
  int count = 0;
  std::int64_t zeros = 0;
  bool exact = true;
  const auto digit = [&](char c) {
    if (c == '0') {
      if (count != 0) ++zeros;
      return;
    }
    for (; zeros > 0 && exact; --zeros, ++count) {
      if (count >= 19) exact = false;
      digits *= 10;
    }
    if (count >= 19) exact = false;
    if (!exact) return;
    digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
    ++count;
  };

  if (peek() == '0') {
    ++at;
    if (IsDigit(peek())) return DecimalResult::kNoNumber;
  }
  for (; IsDigit(peek()); ++at) digit(peek());
  std::int64_t fraction = 0;
  if (peek() == '.') {
    ++at;
    if (!IsDigit(peek())) return DecimalResult::kNoNumber;
    for (; IsDigit(peek()); ++at, ++fraction) digit(peek());
  }
  std::int64_t exponent = 0;
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    const bool down = peek() == '-';
    if (down || peek() == '+') ++at;
    if (!IsDigit(peek())) return DecimalResult::kNoNumber;
    for (; IsDigit(peek()); ++at) {
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (peek() - '0');
    }
    if (down) exponent = -exponent;
  }
  if (at != text.size()) return DecimalResult::kNoNumber;
  if (count == 0) {
    decimal = Decimal();
    return DecimalResult::kRead;
  }

  // digits * 10^zeros * 10^(exponent - fraction)
  std::int64_t power = zeros + exponent - fraction;
  if (!exact || power < -kMaxScale || power > 18) return DecimalResult::kNotExact;
  constexpr Wide kLimit = std::numeric_limits<std::int64_t>::max();
  const Wide units = power > 0 ? Wide{digits} * PowerOfTen(static_cast<int>(power)) : Wide{digits};
  if (units > kLimit) return DecimalResult::kNotExact;
  const auto narrow = static_cast<std::int64_t>(units);
  decimal =
      Decimal::FromUnits(negative ? -narrow : narrow, power < 0 ? static_cast<int>(-power) : 0);
  return DecimalResult::kRead;
}

}  // namespace internal

std::string ToString(Decimal decimal) {
  char text[internal::kDecimalText];
  return std::string(text, internal::WriteDecimal(decimal, text));
}

absl::StatusOr<Decimal> ParseDecimal(std::string_view text) {
  Decimal decimal;
  switch (internal::ReadDecimal(text, decimal)) {
    case internal::DecimalResult::kRead:
      return decimal;
    case internal::DecimalResult::kNotExact:
      return absl::OutOfRangeError(absl::StrCat(
          "expected a decimal that can be held exactly, found ", internal::Clipped(text)));
    case internal::DecimalResult::kNoNumber:
      break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected a decimal number, found ", internal::Quoted(text)));
}

}  // namespace omnibus
