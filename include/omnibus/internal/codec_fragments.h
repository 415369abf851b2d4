// The fixed parts of an object's JSON, as long as they can be: made at compile time, written and
// compared as a whole.
//
// In what stands before a field there is the end of the one before it (a closing quote), the comma
// or brace, the name, and the begin of its value (a quote or a bracket). Between `{"order_id":`,
// `,"items":[` and `,"status":"` nothing is left but contents.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/internal/codec_names.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

// What a value begins with, if it always does; 0: nothing.
template <typename T>
constexpr char OpeningOf() {
  if constexpr (OptionalType<T>) {
    return 0;
  } else if constexpr (ListType<T>) {
    return '[';
  } else if constexpr (EnumType<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Uuid> ||
                       std::is_same_v<T, Timestamp>) {
    return '"';
  } else {
    return 0;
  }
}

template <typename T>
inline constexpr bool kQuoted = OpeningOf<T>() == '"';

template <typename T>
struct WithoutOptional {
  using type = T;
};
template <typename T>
requires OptionalType<T>
struct WithoutOptional<T> {
  using type = typename T::value_type;
};

// What a field consists of when it is there.
template <std::size_t I, typename T>
using FieldContent = typename WithoutOptional<FieldType<I, T>>::type;

// Whether the closing quote of field I is written with what follows, the next field or the closing
// brace. Only where both are always there.
template <std::size_t I, typename T>
constexpr bool ClosesWithNext() {
  if constexpr (I + 1 == kFieldCount<T>) {
    return kQuoted<FieldType<I, T>>;
  } else {
    return kQuoted<FieldType<I, T>> && !OptionalType<FieldType<I + 1, T>>;
  }
}

// What an object ends with.
template <typename T>
constexpr std::string_view ClosingOf() {
  if constexpr (kFieldCount<T> == 0) {
    return "}";
  } else {
    return ClosesWithNext<kFieldCount<T> - 1, T>() ? "\"}" : "}";
  }
}

// Whether some field before I is always there, so that a comma stands before I.
template <std::size_t I, typename T>
constexpr bool HasFieldBefore() {
  return []<std::size_t... Before>(std::index_sequence<Before...>) {
    return (!OptionalType<FieldType<Before, T>> || ...);
  }
  (std::make_index_sequence<I>());
}

// Whether the first field is always there: then its name comes with the brace.
template <typename T>
constexpr bool BeginsWithField() {
  return HasFieldBefore < kFieldCount<T> == 0 ? 0 : 1, T > ();
}

// A constant text, in whole blocks of 16, so that it can be copied without looking at its end.
template <std::size_t Size>
struct BlockText {
  static constexpr std::size_t size = Size;
  static constexpr std::size_t kBlocks = (Size + 15) / 16;
  alignas(16) std::array<char, kBlocks* 16> text = {};
};

template <std::size_t I, typename T, Naming N>
inline constexpr auto kOpeningFragment = [] {
  constexpr bool kClosesPrevious = [] {
    if constexpr (I == 0) {
      return false;
    } else {
      return ClosesWithNext<I - 1, T>();
    }
  }();
  constexpr std::string_view kName = kFragment<I, T, N>.View();
  constexpr char kOpening = OpeningOf<FieldContent<I, T>>();
  BlockText<kName.size() + (kClosesPrevious ? 1 : 0) + (kOpening != 0 ? 1 : 0)> fragment;
  std::size_t at = 0;
  if (kClosesPrevious) fragment.text[at++] = '"';
  for (const char c : kName) fragment.text[at++] = c;
  if (I == 0) fragment.text[0] = '{';
  if (kOpening != 0) fragment.text[at++] = kOpening;
  return fragment;
}();

}  // namespace omnibus::internal
