// Reads values of every type that an event may consist of.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/event_type.h"
#include "omnibus/internal/codec_fragments.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

// One field, as ReadFields() sees it.
struct FieldReader {
  std::array<std::string_view, 2> names;  // on the wire, by Naming
  bool required = true;
  bool (*read)(JsonValue& from, Naming naming, void* field) = nullptr;
};

// Reads an object whose fields are at `places`: in any order, unknown ones skipped, none twice, all
// required ones.
bool ReadFields(JsonValue& from, Naming naming, std::span<const FieldReader> fields,
                std::span<void* const> places);

// `names` are the enumerators'. Sets the index of the one that the value spells.
bool ReadEnumerator(JsonValue& from, std::span<const std::string_view> names, std::size_t& index);

// All functions return false when there was an error, which `from` keeps.
template <typename T>
bool ReadValue(JsonValue& from, Naming naming, T& value);

// Of the field's type only: fields of all events share it.
template <typename T>
bool ReadPlace(JsonValue& from, Naming naming, void* field) {
  return ReadValue(from, naming, *static_cast<T*>(field));
}

template <typename T>
inline constexpr auto kFieldReaders = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<FieldReader, sizeof...(I)>{
      FieldReader{{WireName<T>(I, Naming::kSnake), WireName<T>(I, Naming::kCamel)},
                  !OptionalType<FieldType<I, T>>,
                  &ReadPlace<FieldType<I, T>>}...};
}
(std::make_index_sequence<kFieldCount<T>>());

template <typename T>
constexpr bool CamelNamesDiffer() {
  for (std::size_t i = 0; i < kFieldCount<T>; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (WireName<T>(i, Naming::kCamel) == WireName<T>(k, Naming::kCamel)) return false;
    }
  }
  return true;
}

template <typename T>
bool ReadObject(JsonValue& from, Naming naming, T& object) {
  static_assert(CamelNamesDiffer<T>(),
                "omnibus: two members have the same name in camel case: rename one of them");
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    auto&& taken = Fields(object);
    const std::array<void*, sizeof...(I)> places = {&FieldOf<I>(taken)...};
    return ReadFields(from, naming, kFieldReaders<T>, places);
  }
  (std::make_index_sequence<kFieldCount<T>>());
}

template <typename T>
bool ReadElement(JsonValue& from, Naming naming, T& list) {
  if constexpr (std::is_same_v<typename T::value_type, bool>) {
    bool element = false;
    if (!from.Read(element)) return false;
    list.push_back(element);
    return true;
  } else {
    return ReadValue(from, naming, list.emplace_back());
  }
}

template <typename T>
bool ReadVector(JsonValue& from, Naming naming, T& list) {
  list.clear();
  if (!from.BeginArray()) return false;
  while (from.NextElement()) {
    if (!ReadElement(from, naming, list)) return false;
  }
  return from.ok();
}

bool FailLength(JsonValue& from, std::size_t expected, std::size_t found);

template <typename T, std::size_t Size>
bool ReadArray(JsonValue& from, Naming naming, std::array<T, Size>& list) {
  if (!from.BeginArray()) return false;
  std::size_t size = 0;
  for (; from.NextElement(); ++size) {
    if (!(size < Size ? ReadValue(from, naming, list[size]) : from.Skip())) return false;
  }
  return from.ok() && (size == Size || FailLength(from, Size, size));
}

template <typename T>
bool ReadMap(JsonValue& from, Naming naming, T& map) {
  map.clear();
  if (!from.BeginObject()) return false;
  for (std::string_view name; from.NextField(name);) {
    const auto [entry, inserted] = map.try_emplace(std::string(name));
    if (!inserted) return from.Fail("given twice");
    if (!ReadValue(from, naming, entry->second)) return false;
  }
  return from.ok();
}

template <typename T>
inline constexpr auto kEnumeratorNames = [] {
  std::array<std::string_view, kEnumerators<T>.size> names = {};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kEnumerators<T>.all[i].name;
  return names;
}();

template <typename T>
bool ReadEnum(JsonValue& from, T& value) {
  std::size_t index = 0;
  if (!ReadEnumerator(from, kEnumeratorNames<T>, index)) return false;
  value = kEnumerators<T>.all[index].value;
  return true;
}

template <typename T>
bool ReadInteger(JsonValue& from, T& value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_signed_v<T>) {
    std::int64_t wide = 0;
    if (!from.ReadInteger(Limits::min(), Limits::max(), wide)) return false;
    value = static_cast<T>(wide);
  } else {
    std::uint64_t wide = 0;
    if (!from.ReadUnsigned(Limits::max(), wide)) return false;
    value = static_cast<T>(wide);
  }
  return true;
}

template <typename T>
bool ReadValue(JsonValue& from, Naming naming, T& value) {
  if constexpr (EnumType<T>) {
    return ReadEnum(from, value);
  } else if constexpr (IntegerType<T>) {
    return ReadInteger(from, value);
  } else if constexpr (ValueType<T>) {
    return from.Read(value);
  } else if constexpr (OptionalType<T>) {
    if (!from.IsNull()) return ReadValue(from, naming, value.emplace());
    value.reset();
    return from.Skip();
  } else if constexpr (kIsArray<T>) {
    return ReadArray(from, naming, value);
  } else if constexpr (ListType<T>) {
    return ReadVector(from, naming, value);
  } else if constexpr (MapType<T>) {
    return ReadMap(from, naming, value);
  } else {
    return ReadObject(from, naming, value);
  }
}

}  // namespace omnibus::internal
