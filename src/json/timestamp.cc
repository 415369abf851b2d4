#include "omnibus/timestamp.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/internal/codec_take.h"
#include "omnibus/internal/codec_text.h"

namespace omnibus {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400;  // in seconds

struct Date {
  int year;
  int month;
  int day;
};

// The proleptic Gregorian calendar, counted in eras of 400 years that begin on the first of March:
// so the leap day is the last of its year.
std::int64_t DaysFromDate(Date date) {
  const int year = date.year - (date.month <= 2 ? 1 : 0);
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int year_of_era = year - era * 400;
  const int month = date.month + (date.month > 2 ? -3 : 9);
  const int day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146'097 + day_of_era - 719'468;
}

Date DateFromDays(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int day_of_era = static_cast<int>(days - era * 146'097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month = (5 * day_of_year + 2) / 153;
  const int year = year_of_era + static_cast<int>(era) * 400;
  return {.year = year + (month >= 10 ? 1 : 0),
          .month = month < 10 ? month + 3 : month - 9,
          .day = day_of_year - (153 * month + 2) / 5 + 1};
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

char* WriteDigits(char* out, int count, std::int64_t value) {
  for (int i = count; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + count;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes what it has read off the front of the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Digits(int count, int& value) {
    if (text_.size() < static_cast<std::size_t>(count)) return false;
    value = 0;
    for (int i = 0; i < count; ++i) {
      if (!IsDigit(text_[i])) return false;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }

  bool Character(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // 1 to 9 digits, as nanoseconds.
  bool Fraction(std::int64_t& nanoseconds) {
    nanoseconds = 0;
    int digits = 0;
    for (; !text_.empty() && IsDigit(text_.front()); text_.remove_prefix(1), ++digits) {
      nanoseconds = nanoseconds * 10 + (text_.front() - '0');
      if (digits == 9) return false;
    }
    if (digits == 0) return false;
    for (; digits < 9; ++digits) nanoseconds *= 10;
    return true;
  }

  bool AtEnd() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

namespace internal {

char* WriteTimestamp(Timestamp timestamp, char* out) {
  std::int64_t seconds = timestamp.nanoseconds / kSecond;
  std::int64_t fraction = timestamp.nanoseconds % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --seconds;
  }
  std::int64_t days = seconds / kDay;
  std::int64_t of_day = seconds % kDay;
  if (of_day < 0) {
    of_day += kDay;
    --days;
  }

  const Date date = DateFromDays(days);
  out = WriteDigits(out, 4, date.year);
  *out++ = '-';
  out = WriteDigits(out, 2, date.month);
  *out++ = '-';
  out = WriteDigits(out, 2, date.day);
  *out++ = 'T';
  out = WriteDigits(out, 2, of_day / 3600);
  *out++ = ':';
  out = WriteDigits(out, 2, of_day / 60 % 60);
  *out++ = ':';
  out = WriteDigits(out, 2, of_day % 60);
  if (fraction != 0) {
    *out++ = '.';
    if (fraction % 1'000'000 == 0) {
      out = WriteDigits(out, 3, fraction / 1'000'000);
    } else if (fraction % 1'000 == 0) {
      out = WriteDigits(out, 6, fraction / 1'000);
    } else {
      out = WriteDigits(out, 9, fraction);
    }
  }
  *out++ = 'Z';
  return out;
}

#if defined(__x86_64__)

alignas(64) constinit const TimeTexts kTimeTexts = [] {
  TimeTexts texts = {};
  const auto digits = [](int value) {
    return static_cast<std::uint32_t>('0' + value / 10 + ('0' + value % 10) * 256);
  };
  for (int minute = 0; minute < 1440; ++minute) {
    texts.minutes[minute] = digits(minute / 60) | std::uint64_t{':'} << 16 |
                            std::uint64_t{digits(minute % 60)} << 24 | std::uint64_t{':'} << 40;
  }
  for (int second = 0; second < 60; ++second) {
    texts.seconds[second] = digits(second) | std::uint32_t{'Z'} << 16;
  }
  return texts;
}();

alignas(64) constinit const MillisecondTexts kMillisecondTexts = [] {
  MillisecondTexts texts = {};
  for (std::uint32_t i = 0; i < 1000; ++i) {
    texts.texts[i] = ('0' + i / 100) | ('0' + i / 10 % 10) << 8 | ('0' + i % 10) << 16 | 'Z' << 24;
  }
  return texts;
}();

void FillDate(std::uint32_t number, DateTexts::Entry& entry) {
  const Date date = DateFromDays(std::int64_t{number} - 1 - kDaysBefore1970);
  char text[12] = {};
  char* out = WriteDigits(text, 4, date.year);
  *out++ = '-';
  out = WriteDigits(out, 2, date.month);
  *out++ = '-';
  out = WriteDigits(out, 2, date.day);
  *out = 'T';
  entry.year_month = Load<std::uint64_t>(text);
  entry.day = Load<std::uint32_t>(text + 8);
  entry.number = number;
}

char* PutFraction(char* at, std::uint32_t nanoseconds) {
  *at++ = '.';
  at = nanoseconds % 1000 == 0 ? WriteDigits(at, 6, nanoseconds / 1000)
                               : WriteDigits(at, 9, nanoseconds);
  *at++ = 'Z';
  return at;
}

#endif

#ifdef OMNIBUS_QUICK_READS

alignas(64) constinit const CalendarTables kCalendar = [] {
  CalendarTables tables = {};
  std::uint32_t days = 0;
  for (std::uint32_t i = 0; i < CalendarTables::kYears; ++i) {
    const std::uint32_t year = CalendarTables::kFirstYear + i;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    tables.years[i] = 2 * days + (leap ? 1 : 0);
    days += leap ? 366 : 365;
  }
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::uint16_t& each : tables.days) each = CalendarTables::kNoDate;
  std::uint16_t before = 0;
  for (int month = 1; month <= 12; ++month) {
    for (int day = 1; day <= kDays[month - 1]; ++day) tables.days[month * 32 + day] = before++;
  }
  return tables;
}();

#endif

const char* ReadTimestamp(std::string_view text, Timestamp& timestamp) {
  Scanner in(text);
  Date date = {};
  if (!in.Digits(4, date.year) || !in.Character('-') || !in.Digits(2, date.month) ||
      !in.Character('-') || !in.Digits(2, date.day)) {
    return "it must begin as 2025-12-31";
  }
  if (date.month < 1 || date.month > 12) return "no such month";
  if (date.day < 1 || date.day > DaysInMonth(date.year, date.month)) return "no such day";
  if (!in.Character('T') && !in.Character('t')) return "no T after the date";

  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!in.Digits(2, hour) || !in.Character(':') || !in.Digits(2, minute)) {
    return "no time as 23:59:59";
  }
  if (!in.Character(':') || !in.Digits(2, second)) return "no seconds";
  if (hour > 23 || minute > 59 || second > 60) return "no such time of day";
  std::int64_t nanoseconds = 0;
  if (in.Character('.') && !in.Fraction(nanoseconds)) return "a fraction has 1 to 9 digits";

  int offset = 0;  // in minutes
  if (!in.Character('Z') && !in.Character('z')) {
    const bool east = in.Character('+');
    if (!east && !in.Character('-')) return "no zone: Z, or an offset as +03:00";
    int offset_hours = 0;
    int offset_minutes = 0;
    if (!in.Digits(2, offset_hours) || !in.Character(':') || !in.Digits(2, offset_minutes)) {
      return "an offset looks like +03:00";
    }
    if (offset_hours > 23 || offset_minutes > 59) return "no such offset";
    offset = (offset_hours * 60 + offset_minutes) * (east ? 1 : -1);
  }
  if (!in.AtEnd()) return "text after the zone";

  const std::int64_t seconds =
      DaysFromDate(date) * kDay + hour * 3600 + minute * 60 + second - offset * 60;
  if (second == 60) {
    // Leap seconds are put in at the end of a month, UTC, and nowhere else: what follows one is
    // the first second of a month.
    const bool midnight = seconds % kDay == 0;
    if (!midnight || DateFromDays(seconds / kDay).day != 1) return "no leap second there";
  }
  // Before 1970 the seconds are negative, and the fraction still counts up from them: joining it to
  // the next second keeps the product in range for the very first nanoseconds.
  const bool negative = seconds < 0 && nanoseconds > 0;
  std::int64_t result = 0;
  if (__builtin_mul_overflow(seconds + (negative ? 1 : 0), kSecond, &result) ||
      __builtin_add_overflow(result, nanoseconds - (negative ? kSecond : 0), &result)) {
    return "out of range: the years 1678 to 2261";
  }
  timestamp.nanoseconds = result;
  return nullptr;
}

}  // namespace internal

std::string ToString(Timestamp timestamp) {
  char text[internal::kTimestampText];
  return std::string(text, internal::WriteTimestamp(timestamp, text));
}

absl::StatusOr<Timestamp> ParseTimestamp(std::string_view text) {
  Timestamp timestamp;
  const char* problem = internal::ReadTimestamp(text, timestamp);
  if (problem == nullptr) return timestamp;
  return absl::InvalidArgumentError(absl::StrCat("expected an RFC 3339 time, found ",
                                                 internal::Quoted(text), " (", problem, ")"));
}

}  // namespace omnibus
