// The enumerators of an enumeration, by their names: on the wire they are spelled exactly so, in
// both dialects.
//
// The compiler is asked to spell each value from kFirstEnumerator to kLastEnumerator; enumerators
// beyond are not seen.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/internal/codec_spelling.h"

namespace omnibus::internal {

inline constexpr int kFirstEnumerator = -1;
inline constexpr int kLastEnumerator = 127;

template <typename E>
struct Enumerator {
  E value = {};
  std::string_view name;
};

// Whether all values of the underlying type are the enumeration's, as in `enum class`.
template <typename E>
inline constexpr bool kHasFixedType = requires {
  E{0};
};

template <auto Value>
constexpr auto SpelledValue() {
  // "... [with auto Value = Status::kOpen]", "... [Value = (Status)5]"
  return std::string_view(__PRETTY_FUNCTION__, sizeof(__PRETTY_FUNCTION__) - 1);
}

// Empty when no enumerator has this value.
template <auto Value>
constexpr std::string_view EnumeratorName() {
  // A value without a name is spelled as a cast, and ends in digits.
  const std::string_view name = LastName(SpelledValue<Value>());
  return name.front() >= '0' && name.front() <= '9' ? std::string_view() : name;
}

template <typename E, std::size_t Size>
struct EnumeratorList {
  std::array<Enumerator<E>, Size> all = {};
  std::size_t size = 0;

  constexpr const Enumerator<E>* begin() const { return all.data(); }
  constexpr const Enumerator<E>* end() const { return all.data() + size; }
};

template <typename E>
inline constexpr auto kEnumerators = [] {
  using Number = std::underlying_type_t<E>;
  constexpr int kFirst = std::is_signed_v<Number> ? kFirstEnumerator : 0;
  constexpr int kLast = std::is_same_v<Number, bool> ? 1 : kLastEnumerator;
  return []<std::size_t... I>(std::index_sequence<I...>) {
    EnumeratorList<E, sizeof...(I)> list;
    const auto add = [&](E value, std::string_view name) {
      if (!name.empty()) list.all[list.size++] = {value, name};
    };
    (add(static_cast<E>(static_cast<Number>(kFirst + static_cast<int>(I))),
         EnumeratorName<static_cast<E>(static_cast<Number>(kFirst + static_cast<int>(I)))>()),
     ...);
    return list;
  }
  (std::make_index_sequence<kLast - kFirst + 1>());
}();

// Empty for a value that is no enumerator.
template <typename E>
constexpr std::string_view EnumName(E value) {
  for (const Enumerator<E>& each : kEnumerators<E>) {
    if (each.value == value) return each.name;
  }
  return {};
}

}  // namespace omnibus::internal
