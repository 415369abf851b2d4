// Reads values of every type that an event may consist of, as we write them ourselves: members in
// the order of the struct, no white space. In anything else it is lost at once, returns null, and
// leaves the value half filled: the general way (codec_read.h) decides then what that was.
//
// What it does take, it takes exactly as the general way would.
#pragma once

#include "omnibus/internal/codec_target.h"

#ifdef OMNIBUS_QUICK_READS

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "omnibus/event_type.h"
#include "omnibus/internal/codec_fragments.h"
#include "omnibus/internal/codec_take.h"
#include "omnibus/internal/codec_types.h"
#include "omnibus/internal/codec_write.h"

namespace omnibus::internal {

// Reads what stands between a value's opening and closing characters (see OpeningOf), where
// kLeastText<T> characters are.
template <typename T>
OMNIBUS_QUICK_INLINE const char* TakeContent(const char* at, const QuickText& text, T& value,
                                             Naming naming);

template <typename T>
OMNIBUS_QUICK_INLINE const char* TakeElement(const char* at, const QuickText& text, T& value,
                                             Naming naming) {
  constexpr char kOpening = OpeningOf<T>();
  if constexpr (kOpening != 0) {
    if (!IsAt(at, text.end, kOpening)) return nullptr;
    ++at;
  }
  if (!HasRoom(at, text.end, kLeastText<T>)) [[unlikely]] {
    return nullptr;
  }
  at = TakeContent(at, text, value, naming);
  if constexpr (kQuoted<T>) {
    if (at == nullptr || !IsAt(at, text.end, '"')) [[unlikely]] {
      return nullptr;
    }
    ++at;
  }
  return at;
}

// Whether field I stands there, with as much of its content as kLeastText says.
template <std::size_t I, typename T>
OMNIBUS_QUICK_INLINE bool IsOpening(const char* at, const char* end, const Openings<T>& openings) {
  if constexpr (!ContinuesRun<I, T>()) {
    if (!HasRoom(at, end, openings.rooms[I])) return false;
  }
  constexpr std::size_t kSkip = kFieldsAround<T>[I].first_differs ? 1 : 0;
  constexpr std::size_t kMost = OpeningsOf<T>(Naming::kSnake).sizes[I] - kSkip;
  constexpr std::size_t kLeast = OpeningsOf<T>(Naming::kCamel).sizes[I] - kSkip;
  return Matches<kLeast, kMost>(at + kSkip, &openings.text[Openings<T>::kPlaces[I].at + kSkip],
                                openings.sizes[I] - kSkip);
}

// `begin` is where the object begins: a field that stands there is its first.
template <std::size_t I, typename T>
OMNIBUS_QUICK_INLINE const char* TakeField(const char* at, const char* begin, const QuickText& text,
                                           FieldType<I, T>& field, const Openings<T>& openings,
                                           Naming naming) {
  bool there = IsOpening<I>(at, text.end, openings);
  if constexpr (kFieldsAround<T>[I].first_differs) {
    there = there && *at == (at == begin ? '{' : ',');
  }
  if constexpr (OptionalType<FieldType<I, T>>) {
    if (!there) return at;
    at = TakeContent(at + openings.sizes[I], text, field.emplace(), naming);
  } else {
    if (!there) [[unlikely]] {
      return nullptr;
    }
    at = TakeContent(at + openings.sizes[I], text, field, naming);
  }
  if constexpr (kQuoted<FieldContent<I, T>> && !ClosesWithNext<I, T>()) {
    if (at == nullptr || !IsAt(at, text.end, '"')) [[unlikely]] {
      return nullptr;
    }
    ++at;
  }
  return at;
}

template <typename T, std::size_t... I>
OMNIBUS_QUICK_INLINE const char* TakeFields(const char* at, const QuickText& text, T& object,
                                            Naming naming, std::index_sequence<I...>) {
  const char* const begin = at;
  auto&& fields = Fields(object);
  const Openings<T>& openings = OpeningsOf<T>(naming);
  if (!(((at = TakeField<I>(at, begin, text, FieldOf<I>(fields), openings, naming)) != nullptr) &&
        ...)) [[unlikely]] {
    return nullptr;
  }
  if constexpr (!HasFieldBefore<sizeof...(I), T>()) {
    if (at == begin) {
      if (!IsAt(at, text.end, '{')) return nullptr;
      ++at;
    }
  }
  constexpr std::string_view kClosing = ClosingOf<T>();
  if (!StartsWith<kClosing.size()>(at, text.end, kClosing.data())) [[unlikely]] {
    return nullptr;
  }
  return at + kClosing.size();
}

// Elements that are plain memory are gathered aside first: so the vector is made once, in the right
// size, and no message can ask for more memory than it has elements.
template <typename T>
OMNIBUS_QUICK_INLINE const char* TakePlainVector(const char* at, const QuickText& text, T& list,
                                                 Naming naming) {
  using Element = typename T::value_type;
  constexpr std::size_t kElements = 2048 / sizeof(Element);
  alignas(Element) std::array<std::byte, kElements * sizeof(Element)> memory;
  Element* const elements = reinterpret_cast<Element*>(memory.data());
  Element* next = elements;
  while (true) {
    at = TakeElement(at, text, *std::construct_at(next), naming);
    if (at == nullptr || at >= text.end) [[unlikely]] {
      return nullptr;
    }
    ++next;
    if (*at != ',') break;
    ++at;
    if (next == elements + kElements) [[unlikely]] {
      list.insert(list.end(), elements, next);
      next = elements;
    }
  }
  if (*at != ']') return nullptr;
  list.insert(list.end(), elements, next);
  return at + 1;
}

template <typename T>
OMNIBUS_QUICK_INLINE const char* TakeVector(const char* at, const QuickText& text, T& list,
                                            Naming naming) {
  using Element = typename T::value_type;
  list.clear();
  if (IsAt(at, text.end, ']')) return at + 1;
  if constexpr (std::is_same_v<Element, bool>) {
    while (true) {
      bool element = false;
      at = TakeElement(at, text, element, naming);
      if (at == nullptr) return nullptr;
      list.push_back(element);
      if (!IsAt(at, text.end, ',')) break;
      ++at;
    }
    return IsAt(at, text.end, ']') ? at + 1 : nullptr;
  } else if constexpr (std::is_trivially_copyable_v<Element> && sizeof(Element) <= 256) {
    return TakePlainVector(at, text, list, naming);
  } else {
    while (true) {
      at = TakeElement(at, text, list.emplace_back(), naming);
      if (at == nullptr) return nullptr;
      if (!IsAt(at, text.end, ',')) break;
      ++at;
    }
    return IsAt(at, text.end, ']') ? at + 1 : nullptr;
  }
}

// Reads a list of objects in one naming: see PutListAs.
template <Naming N, typename T>
OMNIBUS_QUICK const char* TakeVectorAs(const char* at, const QuickText& text, T& list) {
  return TakeVector(at, text, list, N);
}

template <typename T, std::size_t Size>
OMNIBUS_QUICK_INLINE const char* TakeArray(const char* at, const QuickText& text,
                                           std::array<T, Size>& list, Naming naming) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (i > 0 && !IsAt(at, text.end, ',')) return nullptr;
    at = TakeElement(at + (i > 0 ? 1 : 0), text, list[i], naming);
    if (at == nullptr) return nullptr;
  }
  return IsAt(at, text.end, ']') ? at + 1 : nullptr;
}

template <typename T>
OMNIBUS_QUICK_INLINE const char* TakeMap(const char* at, const QuickText& text, T& map,
                                         Naming naming) {
  map.clear();
  if (!IsAt(at, text.end, '{')) return nullptr;
  if (IsAt(at + 1, text.end, '}')) return at + 2;
  std::string key;
  do {
    if (!IsAt(at + 1, text.end, '"')) return nullptr;
    at = TakeText(at + 2, text, key);
    if (at == nullptr || !StartsWith<2>(at, text.end, "\":")) return nullptr;
    const auto [entry, inserted] = map.try_emplace(std::move(key));
    if (!inserted) return nullptr;
    at = TakeElement(at + 2, text, entry->second, naming);
    if (at == nullptr) return nullptr;
  } while (IsAt(at, text.end, ','));
  return IsAt(at, text.end, '}') ? at + 1 : nullptr;
}

template <typename T, std::size_t I>
OMNIBUS_QUICK_INLINE bool IsName(const char* at, const char* end) {
  constexpr std::size_t kSize = kEnumerators<T>.all[I].name.size();
  return end - at > static_cast<std::ptrdiff_t>(kSize) && at[kSize] == '"' &&
         StartsWith<kSize>(at, end, kEnumBlocks<T>[I].text.data());
}

template <typename T, std::size_t... I>
OMNIBUS_QUICK_INLINE const char* TakeEnum(const char* at, const char* end, T& value,
                                          std::index_sequence<I...>) {
  const char* behind = nullptr;
  static_cast<void>(
      ((IsName<T, I>(at, end) && (value = kEnumerators<T>.all[I].value,
                                  behind = at + kEnumerators<T>.all[I].name.size(), true)) ||
       ...));
  return behind;
}

template <typename T>
OMNIBUS_QUICK_INLINE const char* TakeContent(const char* at, const QuickText& text, T& value,
                                             Naming naming) {
  if constexpr (std::is_same_v<T, bool>) {
    return TakeBool(at, value);
  } else if constexpr (std::is_same_v<T, double>) {
    return TakeDouble(at, text.end, value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return TakeText(at, text, value);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    return TakeUuid(at, value);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return TakeTimestamp(at, text.end, value);
  } else if constexpr (std::is_same_v<T, Decimal>) {
    return TakeDecimal(at, text.end, value);
  } else if constexpr (IntegerType<T>) {
    return TakeInteger(at, text.end, value);
  } else if constexpr (EnumType<T>) {
    return TakeEnum(at, text.end, value, std::make_index_sequence<kEnumerators<T>.size>());
  } else if constexpr (OptionalType<T>) {
    // As an element of a list, where it cannot be absent.
    if (!StartsWith<4>(at, text.end, "null")) return TakeElement(at, text, value.emplace(), naming);
    value.reset();
    return at + 4;
  } else if constexpr (kIsArray<T>) {
    return TakeArray(at, text, value, naming);
  } else if constexpr (ListType<T>) {
    if constexpr (ObjectType<typename T::value_type>) {
      return naming == Naming::kSnake ? TakeVectorAs<Naming::kSnake>(at, text, value)
                                      : TakeVectorAs<Naming::kCamel>(at, text, value);
    } else {
      return TakeVector(at, text, value, naming);
    }
  } else if constexpr (MapType<T>) {
    return TakeMap(at, text, value, naming);
  } else if constexpr (kRecursive<T>) {
    return nullptr;  // how deep it may go is the general way's to watch
  } else {
    return TakeFields(at, text, value, naming, std::make_index_sequence<kFieldCount<T>>());
  }
}

// Reads the object that `text` begins with, and gives its end; or null.
template <typename T>
OMNIBUS_QUICK const char* QuickRead(std::string_view text, Naming naming, T& value) {
  const QuickText whole = {text.data(), text.data() + text.size()};
  return TakeContent(whole.begin, whole, value, naming);
}

}  // namespace omnibus::internal

#endif
