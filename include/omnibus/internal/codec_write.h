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

#include "omnibus/event_type.h"
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
template <typename T>
[[gnu::always_inline]] inline char* PutContent(char* at, const T& value, Naming naming,
                                               JsonOutput& out);

template <std::size_t Blocks>
[[gnu::always_inline]] inline void PutBlocks(char* at, const char* text) {
  struct Block {
    char bytes[16];
  };
  for (std::size_t i = 0; i < Blocks; ++i) Store(at + 16 * i, Load<Block>(text + 16 * i));
}

template <std::size_t I, typename T>
[[gnu::always_inline]] inline char* PutOpening(char* at, const Openings<T>& openings) {
  constexpr auto kPlace = Openings<T>::kPlaces[I];
  PutBlocks<kPlace.blocks>(at, &openings.text[kPlace.at]);
  return at + openings.sizes[I];
}

template <std::size_t I, typename T>
[[gnu::always_inline]] inline char* PutField(char* at, const FieldType<I, T>& field,
                                             const Openings<T>& openings, Naming naming,
                                             JsonOutput& out) {
  using Content = FieldContent<I, T>;
  const Content* content = nullptr;
  if constexpr (OptionalType<FieldType<I, T>>) {
    if (!field.has_value()) return at;
    content = &*field;
  } else {
    content = &field;
  }
  at = PutContent(PutOpening<I>(at, openings), *content, naming, out);
  if constexpr (MayFail<Content>()) {
    if (at == nullptr) [[unlikely]] {
      return out.FailedIn(openings.Name(I));
    }
  }
  if constexpr (kQuoted<Content> && !ClosesWithNext<I, T>()) *at++ = '"';
  return at;
}

template <typename T, std::size_t... I>
[[gnu::always_inline]] inline char* PutFields(char* at, const T& object, Naming naming,
                                              JsonOutput& out, std::index_sequence<I...>) {
  char* const begin = at;
  auto&& fields = Fields(object);
  const Openings<T>& openings = OpeningsOf<T>(naming);
  if constexpr (MayFail<T>()) {
    static_cast<void>(
        (((at = PutField<I>(at, FieldOf<I>(fields), openings, naming, out)) != nullptr) && ...));
    if (at == nullptr) [[unlikely]] {
      return nullptr;
    }
  } else {
    ((at = PutField<I>(at, FieldOf<I>(fields), openings, naming, out)), ...);
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

template <typename T>
[[gnu::noinline]] char* PutObject(char* at, const T& object, Naming naming, JsonOutput& out) {
  return PutFields(at, object, naming, out, std::make_index_sequence<kFieldCount<T>>());
}

template <typename T>
[[gnu::always_inline]] inline char* PutElement(char* at, const T& element, Naming naming,
                                               JsonOutput& out) {
  constexpr char kOpening = OpeningOf<T>();
  if constexpr (kOpening != 0) *at++ = kOpening;
  at = PutContent(at, element, naming, out);
  if constexpr (MayFail<T>()) {
    if (at == nullptr) [[unlikely]] {
      return nullptr;
    }
  }
  if constexpr (kQuoted<T>) *at++ = '"';
  return at;
}

template <typename T>
[[gnu::always_inline]] inline char* PutList(char* at, const T& list, Naming naming,
                                            JsonOutput& out) {
  using Element = typename T::value_type;
  [[maybe_unused]] std::size_t index = 0;
  // Not `const auto&`: of a std::vector<bool> it is a proxy.
  for (const Element& element : list) {
    at = PutElement(at, element, naming, out);
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

// Writes a list of objects in one naming: all that is the same for each of them is constant then.
// Around a single object that is not worth a second copy of the code.
template <Naming N, typename T>
[[gnu::noinline]] char* PutListAs(char* at, const T& list, JsonOutput& out) {
  return PutList(at, list, N, out);
}

template <typename T>
inline char* PutMap(char* at, const T& map, Naming naming, JsonOutput& out) {
  char* const begin = at++;
  for (const auto& [key, value] : map) {
    *at++ = '"';
    at = PutText(at, key, out);
    if (at == nullptr) return out.FailedIn(key);
    *at++ = '"';
    *at++ = ':';
    at = PutElement(at, value, naming, out);
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
    PutBlocks<BlockText<kLongestName<T>>::kBlocks>(at, kEnumBlocks<T>[i].text.data());
    return at + kEnumerators<T>.all[i].name.size();
  }
  return out.Fail("the enumeration's value has no name (values from -1 to 127 may have one)");
}

template <typename T>
[[gnu::always_inline]] inline char* PutContent(char* at, const T& value, Naming naming,
                                               JsonOutput& out) {
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
    if (value.has_value()) return PutElement(at, *value, naming, out);
    Store(at, Load<std::uint32_t>("null"));
    return at + 4;
  } else if constexpr (ListType<T>) {
    if constexpr (ObjectType<typename T::value_type>) {
      return naming == Naming::kSnake ? PutListAs<Naming::kSnake>(at, value, out)
                                      : PutListAs<Naming::kCamel>(at, value, out);
    } else {
      return PutList(at, value, naming, out);
    }
  } else if constexpr (MapType<T>) {
    return PutMap(at, value, naming, out);
  } else if constexpr (kRecursive<T>) {
    return PutObject(at, value, naming, out);
  } else {
    return PutFields(at, value, naming, out, std::make_index_sequence<kFieldCount<T>>());
  }
}

}  // namespace omnibus::internal
