#include "json/token.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_text.h"

namespace omnibus::internal {
namespace {

constexpr std::size_t kClip = 40;  // bytes of a value that an error message shows

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The length of the valid UTF-8 sequence that `text` begins with; 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;   // no overlong forms,
    const unsigned high = first == 0xed ? 0x9f : 0xbf;  // no surrogates
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;  // nothing above U+10FFFF
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::string Hex(unsigned value, int digits) {
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    text += "0123456789abcdef"[value >> shift & 15];
  }
  return text;
}

// The four digits of \uXXXX; -1 when they are none.
int ReadHex4(std::string_view text) {
  if (text.size() < 4) return -1;
  int value = 0;
  for (const char c : text.substr(0, 4)) {
    value <<= 4;
    if (IsDigit(c)) {
      value |= c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value |= c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value |= c - 'A' + 10;
    } else {
      return -1;
    }
  }
  return value;
}

void AppendUtf8(unsigned code, std::string& out) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xc0 | code >> 6), tail(0)};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
  }
}

std::string_view SkipDigits(std::string_view text) {
  while (!text.empty() && IsDigit(text.front())) text.remove_prefix(1);
  return text;
}

// What is left of `text` behind the integer that it begins with; null data when there is none.
std::string_view SkipInteger(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  if (text.empty() || !IsDigit(text.front())) return {};
  return text.front() == '0' ? text.substr(1) : SkipDigits(text);
}

}  // namespace

bool IsLiteral(std::string_view token) {
  return token == "null" || token == "true" || token == "false";
}

bool IsInteger(std::string_view token) {
  const std::string_view rest = SkipInteger(token);
  return rest.data() != nullptr && rest.empty();
}

bool IsNumber(std::string_view token) {
  std::string_view rest = SkipInteger(token);
  if (rest.data() == nullptr) return false;
  if (!rest.empty() && rest.front() == '.') {
    const std::string_view after = SkipDigits(rest.substr(1));
    if (after.size() + 1 == rest.size()) return false;
    rest = after;
  }
  if (!rest.empty() && (rest.front() == 'e' || rest.front() == 'E')) {
    rest.remove_prefix(1);
    if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) rest.remove_prefix(1);
    if (rest.empty()) return false;
    rest = SkipDigits(rest);
  }
  return rest.empty() && IsDigit(token.back());
}

std::string Unescape(std::string_view text, std::string& out) {
  while (true) {
    const std::size_t plain = text.find('\\');
    out.append(text.substr(0, plain));
    if (plain == std::string_view::npos) return {};
    text.remove_prefix(plain);

    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t escape = text.size() > 1 ? kEscapes.find(text[1]) : std::string_view::npos;
    if (escape != std::string_view::npos) {
      out += kMeanings[escape];
      text.remove_prefix(2);
      continue;
    }
    int code = text.size() > 1 && text[1] == 'u' ? ReadHex4(text.substr(2)) : -1;
    if (code < 0) {
      const std::size_t length = text.size() > 1 && text[1] == 'u' ? 6 : 2;
      return absl::StrCat("expected a valid escape, found ", Clipped(text.substr(0, length)));
    }
    std::size_t length = 6;
    if (code >= 0xd800 && code <= 0xdfff) {
      const bool pair = code < 0xdc00 && text.substr(6, 2) == "\\u";
      const int low = pair ? ReadHex4(text.substr(8)) : -1;
      if (low < 0xdc00 || low > 0xdfff) {
        return absl::StrCat("expected a surrogate pair, found ", Clipped(text.substr(0, 6)));
      }
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      length = 12;
    }
    AppendUtf8(static_cast<unsigned>(code), out);
    text.remove_prefix(length);
  }
}

std::string Clipped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (result.size() >= kClip) return result + "...";
    const std::size_t length = SequenceLength(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      absl::StrAppend(&result, "\\x", Hex(byte, 2));
      text.remove_prefix(1);
    } else {
      result.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return result;
}

std::string Quoted(std::string_view text) { return absl::StrCat("\"", Clipped(text), "\""); }

std::string Found(std::string_view token) {
  if (token.empty()) return "nothing";
  if (token.front() == '{') return "an object";
  if (token.front() == '[') return "a list";
  if (token.front() == '"' && token.size() >= 2) return Quoted(token.substr(1, token.size() - 2));
  return Clipped(token);
}

std::string InvalidText(std::string_view text) {
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = SequenceLength(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0) {
      return absl::StrCat("expected UTF-8, found the byte \\x", Hex(byte, 2), " after ", at,
                          " bytes");
    }
    if (in_string && byte < 0x20) {
      return absl::StrCat("expected control characters in strings to be escaped, found \\x",
                          Hex(byte, 2), " after ", at, " bytes");
    }
    if (in_string && byte == '\\') {
      // What is escaped cannot end the string; whether it may be escaped is checked later.
      at += 1;
      if (at < text.size()) at += SequenceLength(text.substr(at)) == 1 && text[at] >= 0x20 ? 1 : 0;
      continue;
    }
    if (byte == '"') in_string = !in_string;
    at += length;
  }
  if (in_string) return "cut off: expected the end of a string, found the end of the message";
  return {};
}

std::string_view AfterObject(std::string_view text) {
  bool in_string = false;
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && c == '\\') {
      ++at;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      return text.substr(at + 1);
    }
  }
  return {};
}

}  // namespace omnibus::internal
