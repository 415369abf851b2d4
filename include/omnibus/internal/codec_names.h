// How members' names are spelled on the wire.
#pragma once

#include <cstddef>
#include <string_view>

#include "omnibus/event_type.h"

namespace omnibus::internal {

// order_id is orderId in camel case. Underscores at the begin and the end stay. Writes at most as
// many characters as `name` has, and returns how many.
constexpr std::size_t SpellName(std::string_view name, Naming naming, char* out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::size_t letter = name.find_first_not_of('_', i);
    if (naming == Naming::kSnake || name[i] != '_' || name.find_first_not_of('_') > i ||
        letter == std::string_view::npos) {
      out[size++] = name[i];
      continue;
    }
    const char c = name[letter];
    out[size++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    i = letter;
  }
  return size;
}

}  // namespace omnibus::internal
