// Member names as they are spelled on the wire, and the fragments of JSON that hold them: all made
// at compile time.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "omnibus/event_type.h"
#include "omnibus/internal/codec_fields.h"

namespace omnibus::internal {

// Room for `,"name":`.
template <std::size_t Capacity>
struct Fragment {
  std::array<char, Capacity> text = {};
  std::size_t size = 0;

  constexpr void Add(char c) { text[size++] = c; }
  constexpr std::string_view View() const { return {text.data(), size}; }
  constexpr std::string_view Name() const { return View().substr(2, size - 4); }
};

// order_id is orderId in camel case. Underscores at the begin and the end stay.
template <std::size_t I, typename T, Naming N>
inline constexpr auto kFragment = [] {
  constexpr std::string_view kName = kFieldNames<T>[I];
  Fragment<kName.size() + 4> fragment;
  fragment.Add(',');
  fragment.Add('"');
  for (std::size_t i = 0; i < kName.size(); ++i) {
    const std::size_t letter = kName.find_first_not_of('_', i);
    if (N == Naming::kSnake || kName[i] != '_' || kName.find_first_not_of('_') > i ||
        letter == std::string_view::npos) {
      fragment.Add(kName[i]);
      continue;
    }
    const char c = kName[letter];
    fragment.Add(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    i = letter;
  }
  fragment.Add('"');
  fragment.Add(':');
  return fragment;
}();

template <std::size_t I, typename T, Naming N>
constexpr std::string_view WireName() {
  return kFragment<I, T, N>.Name();
}

template <typename T, Naming N>
inline constexpr auto kWireNames = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{WireName<I, T, N>()...};
}
(std::make_index_sequence<kFieldCount<T>>());

template <typename T>
constexpr bool CamelNamesDiffer() {
  const auto& names = kWireNames<T, Naming::kCamel>;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (names[i] == names[k]) return false;
    }
  }
  return true;
}

}  // namespace omnibus::internal
