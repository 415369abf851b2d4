#include "config/secrets.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

constexpr std::size_t kMaxShown = 60;  // bytes

}  // namespace

bool IsSecretName(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower(AbslView(name));
  for (const char* word : {"password", "passwd", "secret", "token", "key", "credential"}) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

std::string WithoutCredentials(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string(text);
  // The last @: a password that was not escaped may contain others, and slashes.
  const std::size_t end = text.rfind('@');
  if (end == std::string_view::npos || end < scheme) return std::string(text);
  return std::string(text.substr(0, scheme + 3)) + "***" + std::string(text.substr(end));
}

std::string Quoted(std::string_view text) {
  std::string shown = WithoutCredentials(text);
  bool clipped = false;
  if (shown.size() > kMaxShown) {
    std::size_t size = kMaxShown;
    while (size > 0 && (static_cast<unsigned char>(shown[size]) & 0xC0) == 0x80) --size;
    shown.resize(size);
    clipped = true;
  }
  for (char& c : shown) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return "\"" + shown + (clipped ? "...\"" : "\"");
}

std::string WithoutValue(std::string message, std::string_view value) {
  if (value.empty()) return message;
  // A value of one or two characters would be found in every word; quoted it is found where it is
  // meant.
  const std::string quoted = Quoted(value);
  message =
      absl::StrReplaceAll(message, {{absl::string_view(quoted), "a value that is not shown"}});
  if (value.size() > 2) message = absl::StrReplaceAll(message, {{AbslView(value), "***"}});
  return message;
}

}  // namespace omnibus
