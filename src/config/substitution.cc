#include "config/substitution.h"

#include <cstddef>
#include <cstdlib>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace omnibus {
namespace {

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// The position of the brace that ends what begins at `start`, just behind "${"; others may be
// nested in a default.
std::optional<std::size_t> FindEnd(std::string_view text, std::size_t start) {
  int depth = 1;
  for (std::size_t i = start; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> Expand(std::string_view inside) {
  std::size_t end = 0;
  while (end < inside.size() && IsNameCharacter(inside[end])) ++end;
  const std::string name(inside.substr(0, end));
  const std::string_view rest = inside.substr(end);
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0])) ||
      (!rest.empty() && rest.substr(0, 2) != ":-")) {
    return absl::InvalidArgumentError(
        "expected ${NAME} or ${NAME:-default} (and $$ for a dollar sign)");
  }
  const char* value = std::getenv(name.c_str());
  if (rest.empty()) {
    if (value != nullptr) return std::string(value);
    return absl::InvalidArgumentError(absl::StrCat(
        "the environment variable ", name, " is not set: set it, or write ${", name, ":-default}"));
  }
  if (value != nullptr && *value != '\0') return std::string(value);
  return Substitute(rest.substr(2));
}

}  // namespace

absl::StatusOr<std::string> Substitute(std::string_view text) {
  std::string result;
  std::size_t at = 0;
  while (true) {
    const std::size_t dollar = text.find('$', at);
    result += text.substr(at, dollar == std::string_view::npos ? dollar : dollar - at);
    if (dollar == std::string_view::npos) return result;
    const std::string_view after = text.substr(dollar + 1);
    if (after.starts_with('$')) {
      result += '$';
      at = dollar + 2;
      continue;
    }
    if (!after.starts_with('{')) {
      return absl::InvalidArgumentError(
          "a dollar sign by itself: write $$ for one, or ${NAME} for an environment variable "
          "(and quote it where it stands between braces or brackets)");
    }
    const std::optional<std::size_t> end = FindEnd(text, dollar + 2);
    if (!end.has_value()) return absl::InvalidArgumentError("\"${\" without its \"}\"");
    absl::StatusOr<std::string> value = Expand(text.substr(dollar + 2, *end - dollar - 2));
    if (!value.ok()) return value;
    result += *value;
    at = *end + 1;
  }
}

}  // namespace omnibus
