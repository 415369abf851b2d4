#include "transports/memory/type_filter.h"

#include <algorithm>

namespace omnibus::memory {
namespace {

std::string_view FirstWord(std::string_view words) { return words.substr(0, words.find('.')); }

// What follows the first word; `end` is set when there is nothing.
std::string_view Rest(std::string_view words, bool& end) {
  const std::size_t dot = words.find('.');
  end = dot == words.npos;
  return end ? std::string_view() : words.substr(dot + 1);
}

// `no_pattern` and `no_type`: no word is left of it, which is not the same as an empty word.
bool Matches(std::string_view pattern, bool no_pattern, std::string_view type, bool no_type) {
  if (no_pattern) return no_type;
  const std::string_view word = FirstWord(pattern);
  bool last = false;
  const std::string_view next = Rest(pattern, last);
  if (word == "#") {
    if (Matches(next, last, type, no_type)) return true;
    if (no_type) return false;
    bool end = false;
    const std::string_view fewer = Rest(type, end);
    return Matches(pattern, false, fewer, end);
  }
  if (no_type || (word != "*" && word != FirstWord(type))) return false;
  bool end = false;
  const std::string_view fewer = Rest(type, end);
  return Matches(next, last, fewer, end);
}

}  // namespace

void TypeFilter::Add(std::span<const std::string> patterns) {
  if (patterns.empty()) all_ = true;
  for (const std::string& pattern : patterns) {
    (pattern.find_first_of("*#") == pattern.npos ? types_ : patterns_).insert(pattern);
  }
}

bool TypeFilter::Accepts(std::string_view type) const {
  if (all_ || type.empty() || types_.contains(type)) return true;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
    return Matches(pattern, false, type, false);
  });
}

}  // namespace omnibus::memory
