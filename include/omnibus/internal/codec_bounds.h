// How many characters a value's JSON has at most: room for them is made once, before the first is
// written. What does not depend on the value is added up at compile time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "omnibus/internal/codec_fragments.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

inline constexpr std::size_t kDoubleText = 32;

// What a T takes whatever its value, brackets and quotes included; kUnbounded: it depends.
inline constexpr std::size_t kUnbounded = ~std::size_t{0};

template <typename T>
constexpr std::size_t FixedBound();

template <std::size_t I, typename T>
constexpr std::size_t FragmentBound() {
  return kFieldNames<T>[I].size() + kFieldsAround<T>[I].size();
}

template <typename T>
constexpr std::size_t EnumBound() {
  std::size_t bound = 0;
  for (const auto& each : kEnumerators<T>) bound = std::max(bound, each.name.size());
  return bound + 2;
}

template <typename T>
constexpr std::size_t FixedBound() {
  if constexpr (std::is_same_v<T, bool>) {
    return 5;
  } else if constexpr (IntegerType<T>) {
    return std::numeric_limits<T>::digits10 + 2;
  } else if constexpr (std::is_same_v<T, double>) {
    return kDoubleText;
  } else if constexpr (std::is_same_v<T, Uuid>) {
    return kUuidText + 2;
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return kTimestampText + 2;
  } else if constexpr (std::is_same_v<T, Decimal>) {
    return kDecimalText;
  } else if constexpr (EnumType<T>) {
    return EnumBound<T>();
  } else if constexpr (OptionalType<T>) {
    constexpr std::size_t kInner = FixedBound<typename T::value_type>();
    return kInner == kUnbounded ? kUnbounded : kInner + 4;
  } else if constexpr (kIsArray<T>) {
    constexpr std::size_t kInner = FixedBound<typename T::value_type>();
    return kInner == kUnbounded ? kUnbounded : std::tuple_size_v<T> * (kInner + 1) + 2;
  } else if constexpr (std::is_same_v<T, std::string> || ListType<T> || MapType<T>) {
    return kUnbounded;
  } else {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      if constexpr (((FixedBound<FieldType<I, T>>() == kUnbounded) || ...)) return kUnbounded;
      return ((FragmentBound<I, T>() + FixedBound<FieldType<I, T>>()) + ... + std::size_t{4});
    }
    (std::make_index_sequence<kFieldCount<T>>());
  }
}

template <typename T>
inline std::size_t Bound(const T& value) {
  if constexpr (constexpr std::size_t kFixed = FixedBound<T>(); kFixed != kUnbounded) {
    return kFixed;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return TextBound(value) + 2;
  } else if constexpr (OptionalType<T>) {
    return value.has_value() ? Bound(*value) : 4;
  } else if constexpr (ListType<T>) {
    using Element = typename T::value_type;
    if constexpr (FixedBound<Element>() != kUnbounded) {
      return value.size() * (FixedBound<Element>() + 1) + 2;
    } else {
      std::size_t bound = 2;
      for (const Element& element : value) bound += Bound(element) + 1;
      return bound;
    }
  } else if constexpr (MapType<T>) {
    std::size_t bound = 2;
    for (const auto& [key, mapped] : value) bound += TextBound(key) + Bound(mapped) + 4;
    return bound;
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      auto&& fields = Fields(value);
      return ((FragmentBound<I, T>() + Bound(FieldOf<I>(fields))) + ... + std::size_t{4});
    }
    (std::make_index_sequence<kFieldCount<T>>());
  }
}

}  // namespace omnibus::internal
