#include "config/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"

namespace omnibus {
namespace {

std::string Plain(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (c != '_' && c != '-' && c != '.')
      plain += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return plain;
}

// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b`.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, substituted});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> names) {
  if (name.size() > 200) return std::nullopt;  // no slip of the pen, and costly to compare
  const std::string plain = Plain(name);
  // A third of the letters may be wrong; with more, any word is near to any other.
  std::size_t best = plain.size() / 3 + 1;
  std::optional<std::string> nearest;
  for (const std::string& each : names) {
    const std::size_t distance = EditDistance(plain, Plain(each));
    if (distance < best) {
      best = distance;
      nearest = each;
    }
  }
  return nearest;
}

std::string Suggestion(std::string_view name, std::span<const std::string> names) {
  if (std::optional<std::string> nearest = NearestName(name, names); nearest.has_value()) {
    return "; did you mean \"" + *nearest + "\"?";
  }
  if (names.empty()) return "";
  return "; known: " + absl::StrJoin(names, ", ");
}

}  // namespace omnibus
