#include "omnibus/internal/codec_json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_text.h"
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

template <typename Number>
void AppendNumber(Number value, std::string& out) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

}  // namespace

void JsonWriter::WriteSigned(std::int64_t value) { AppendNumber(value, out_); }
void JsonWriter::WriteUnsigned(std::uint64_t value) { AppendNumber(value, out_); }

void JsonWriter::Write(const Uuid& value) {
  char text[kUuidText + 2];
  text[0] = '"';
  char* end = WriteUuid(value, text + 1);
  *end++ = '"';
  out_.append(text, end);
}

void JsonWriter::Write(Timestamp value) {
  char text[kTimestampText + 2];
  text[0] = '"';
  char* end = WriteTimestamp(value, text + 1);
  *end++ = '"';
  out_.append(text, end);
}

void JsonWriter::Write(Decimal value) {
  char text[kDecimalText];
  out_.append(text, WriteDecimal(value, text));
}

bool JsonWriter::Write(double value) {
  if (!std::isfinite(value)) return Fail("JSON has no number that is infinite or not a number");
  AppendNumber(value, out_);
  return true;
}

bool JsonWriter::WriteText(std::string_view value) {
  out_.push_back('"');
  bool ascii = true;
  std::size_t written = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    ascii = ascii && byte < 0x80;
    const char escape = kEscape[byte];
    if (escape == 0) continue;
    out_.append(value.substr(written, i - written));
    written = i + 1;
    out_.push_back('\\');
    out_.push_back(escape);
    if (escape == 'u') {
      constexpr std::string_view kHex = "0123456789abcdef";
      const char digits[] = {'0', '0', kHex[byte >> 4], kHex[byte & 15]};
      out_.append(digits, sizeof(digits));
    }
  }
  out_.append(value.substr(written));
  out_.push_back('"');
  if (ascii || simdjson::validate_utf8(value.data(), value.size())) return true;
  return Fail(StdView(absl::StrCat("expected UTF-8, found ", Quoted(value))));
}

bool JsonWriter::Fail(std::string_view what) {
  error_ = what;
  return false;
}

bool JsonWriter::FailedIn(std::string_view field) {
  const bool dot = !path_.empty() && path_.front() != '[';
  path_ = absl::StrCat(Clipped(field), dot ? "." : "", path_);
  return false;
}

bool JsonWriter::FailedIn(std::size_t element) {
  const bool dot = !path_.empty() && path_.front() != '[';
  path_ = absl::StrCat("[", element, "]", dot ? "." : "", path_);
  return false;
}

absl::Status JsonWriter::status(std::string_view root) const {
  const bool dot = !root.empty() && !path_.empty() && path_.front() != '[';
  return absl::InvalidArgumentError(
      absl::StrCat(AbslView(root), dot ? "." : "", path_, ": ", error_));
}

}  // namespace omnibus::internal
