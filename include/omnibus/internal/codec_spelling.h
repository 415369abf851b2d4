// Names out of the compiler's own spelling of a template's arguments.
#pragma once

#include <cstddef>
#include <string_view>

namespace omnibus::internal {

constexpr bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The last name in it.
constexpr std::string_view LastName(std::string_view spelled) {
  while (!spelled.empty() && !IsNameCharacter(spelled.back())) spelled.remove_suffix(1);
  std::size_t begin = spelled.size();
  while (begin > 0 && IsNameCharacter(spelled[begin - 1])) --begin;
  return spelled.substr(begin);
}

}  // namespace omnibus::internal
