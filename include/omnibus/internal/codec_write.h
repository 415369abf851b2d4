// Writes values of every type that an event may consist of.
//
// Room has been made before: see codec_bounds.h. All of an object is written by one function, into
// which the rest is inlined: a call for each field would cost more than what most fields need.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/internal/codec_bounds.h"
#include "omnibus/internal/codec_fragments.h"
#include "omnibus/internal/codec_output.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

// Whether a T may hold what JSON cannot.
template <typename T, typename... Within>
constexpr bool MayFail() {
  if constexpr ((std::is_same_v<T, Within> || ...)) {
    return false;
  } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::string> || EnumType<T> ||
                       MapType<T>) {
    return true;
  } else if constexpr (OptionalType<T> || ListType<T>) {
    return MayFail<typename T::value_type, Within...>();
  } else if constexpr (ObjectType<T>) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (MayFail<FieldType<I, T>, T, Within...>() || ...);
    }
    (std::make_index_sequence<kFieldCount<T>>());
  } else {
    return false;
  }
}

// Whether a T contains, in lists or maps, objects of type Target.
template <typename T, typename Target, typename... Within>
constexpr bool Contains() {
  if constexpr (OptionalType<T> || ListType<T>) {
    return Contains<typename T::value_type, Target, Within...>();
  } else if constexpr (MapType<T>) {
    return Contains<typename T::mapped_type, Target, Within...>();
  } else if constexpr (ObjectType<T>) {
    if constexpr (std::is_same_v<T, Target>) {
      return true;
    } else if constexpr ((std::is_same_v<T, Within> || ...)) {
      return false;
    } else {
      return []<std::size_t... I>(std::index_sequence<I...>) {
        return (Contains<FieldType<I, T>, Target, T, Within...>() || ...);
      }
      (std::make_index_sequence<kFieldCount<T>>());
    }
  } else {
    return false;
  }
}

// Whether objects of type T contain others of it: their functions call themselves, and cannot be
// inlined.
template <typename T>
inline constexpr bool kRecursive = []<std::size_t... I>(std::index_sequence<I...>) {
  return (Contains<FieldType<I, T>, T>() || ...);
}
(std::make_index_sequence<kFieldCount<T>>());

// Writes what stands between a value's opening and closing characters (see OpeningOf). All the
// functions below return null when there was an error, which `out` keeps.
template <Naming N, typename T>
[[gnu::always_inline]] inline char* PutContent(char* at, const T& value, JsonOutput& out);

template <std::size_t Size>
[[gnu::always_inline]] inline char* PutBlocks(char* at, const BlockText<Size>& text) {
  struct Block {
    char bytes[16];
  };
  for (std::size_t i = 0; i < text.kBlocks; ++i)
    Store(at + 16 * i, Load<Block>(&text.text[16 * i]));
  return at + Size;
}

template <Naming N, std::size_t I, typename T>
[[gnu::always_inline]] inline char* PutField(char* at, const FieldType<I, T>& field,
                                             JsonOutput& out) {
  using Content = FieldContent<I, T>;
  const Content* content = nullptr;
  if constexpr (OptionalType<FieldType<I, T>>) {
    if (!field.has_value()) return at;
    content = &*field;
  } else {
    content = &field;
  }
  at = PutContent<N>(PutBlocks(at, kOpeningFragment<I, T, N>), *content, out);
  if constexpr (MayFail<Content>()) {
    if (at == nullptr) [[unlikely]] {
      return out.FailedIn(WireName<I, T, N>());
    }
  }
  if constexpr (kQuoted<Content> && !ClosesWithNext<I, T>()) *at++ = '"';
  return at;
}

template <Naming N, typename T, std::size_t... I>
[[gnu::always_inline]] inline char* PutFields(char* at, const T& object, JsonOutput& out,
                                              std::index_sequence<I...>) {
  char* const begin = at;
  auto&& fields = Fields(object);
  if constexpr (MayFail<T>()) {
    static_cast<void>((((at = PutField<N, I, T>(at, FieldOf<I>(fields), out)) != nullptr) && ...));
    if (at == nullptr) [[unlikely]] {
      return nullptr;
    }
  } else {
    ((at = PutField<N, I, T>(at, FieldOf<I>(fields), out)), ...);
  }
  if constexpr (!HasFieldBefore<sizeof...(I), T>()) {
    if (at == begin) ++at;
  }
  // Which of the fields that may be absent is the first is not known before: it came with a comma.
  if constexpr (!BeginsWithField<T>()) *begin = '{';
  constexpr std::string_view kClosing = ClosingOf<T>();
  for (const char c : kClosing) *at++ = c;
  return at;
}

template <Naming N, typename T>
[[gnu::noinline]] char* PutObject(char* at, const T& object, JsonOutput& out) {
  return PutFields<N>(at, object, out, std::make_index_sequence<kFieldCount<T>>());
}

template <Naming N, typename T>
[[gnu::always_inline]] inline char* PutElement(char* at, const T& element, JsonOutput& out) {
  constexpr char kOpening = OpeningOf<T>();
  if constexpr (kOpening != 0) *at++ = kOpening;
  at = PutContent<N>(at, element, out);
  if constexpr (MayFail<T>()) {
    if (at == nullptr) [[unlikely]] {
      return nullptr;
    }
  }
  if constexpr (kQuoted<T>) *at++ = '"';
  return at;
}

template <Naming N, typename T>
[[gnu::always_inline]] inline char* PutList(char* at, const T& list, JsonOutput& out) {
  using Element = typename T::value_type;
  [[maybe_unused]] std::size_t index = 0;
  // Not `const auto&`: of a std::vector<bool> it is a proxy.
  for (const Element& element : list) {
    at = PutElement<N>(at, element, out);
    if constexpr (MayFail<Element>()) {
      if (at == nullptr) [[unlikely]] {
        return out.FailedIn(index);
      }
      ++index;
    }
    *at++ = ',';
  }
  at -= list.empty() ? 0 : 1;
  *at = ']';
  return at + 1;
}

template <Naming N, typename T>
inline char* PutMap(char* at, const T& map, JsonOutput& out) {
  char* const begin = at++;
  for (const auto& [key, value] : map) {
    *at++ = '"';
    at = PutText(at, key, out);
    if (at == nullptr) return out.FailedIn(key);
    *at++ = '"';
    *at++ = ':';
    at = PutElement<N>(at, value, out);
    if (at == nullptr) return out.FailedIn(key);
    *at++ = ',';
  }
  *begin = '{';
  at -= map.empty() ? 0 : 1;
  *at = '}';
  return at + 1;
}

template <typename T>
inline constexpr std::size_t kLongestName = EnumBound<T>();

// The names of an enumeration, each in blocks of 16.
template <typename T>
inline constexpr auto kEnumBlocks = [] {
  std::array<BlockText<kLongestName<T>>, kEnumerators<T>.size> texts = {};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view name = kEnumerators<T>.all[i].name;
    for (std::size_t k = 0; k < name.size(); ++k) texts[i].text[k] = name[k];
  }
  return texts;
}();

template <typename T>
[[gnu::always_inline]] inline char* PutEnum(char* at, T value, JsonOutput& out) {
  for (std::size_t i = 0; i < kEnumerators<T>.size; ++i) {
    if (kEnumerators<T>.all[i].value != value) continue;
    PutBlocks(at, kEnumBlocks<T>[i]);
    return at + kEnumerators<T>.all[i].name.size();
  }
  return out.Fail("the enumeration's value has no name (values from -1 to 127 may have one)");
}

template <Naming N, typename T>
[[gnu::always_inline]] inline char* PutContent(char* at, const T& value, JsonOutput& out) {
  if constexpr (std::is_same_v<T, bool>) {
    constexpr std::string_view kTexts[] = {"false", "true "};
    Store(at, Load<std::uint32_t>(kTexts[value ? 1 : 0].data()));
    at[4] = 'e';
    return at + (value ? 4 : 5);
  } else if constexpr (std::is_same_v<T, double>) {
    return PutDoubleText(at, value, out);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return PutText(at, value, out);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    return PutUuid(at, value);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return PutTimestamp(at, value, out.dates());
  } else if constexpr (std::is_same_v<T, Decimal>) {
    return PutDecimal(at, value);
  } else if constexpr (IntegerType<T>) {
    return PutInteger(at, value);
  } else if constexpr (EnumType<T>) {
    return PutEnum(at, value, out);
  } else if constexpr (OptionalType<T>) {
    // As an element of a list, where it cannot be absent.
    if (value.has_value()) return PutElement<N>(at, *value, out);
    Store(at, Load<std::uint32_t>("null"));
    return at + 4;
  } else if constexpr (ListType<T>) {
    return PutList<N>(at, value, out);
  } else if constexpr (MapType<T>) {
    return PutMap<N>(at, value, out);
  } else if constexpr (kRecursive<T>) {
    return PutObject<N>(at, value, out);
  } else {
    return PutFields<N>(at, value, out, std::make_index_sequence<kFieldCount<T>>());
  }
}

}  // namespace omnibus::internal
