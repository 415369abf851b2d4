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

#include "omnibus/internal/codec_json_value.h"
#include "omnibus/internal/codec_names.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

// One field, as ReadFields() sees it.
struct FieldReader {
  std::string_view name;  // on the wire
  bool required = true;
  bool (*read)(JsonValue& from, void* object) = nullptr;
};

// Reads an object into `object`: fields in any order, unknown ones skipped, none twice, all
// required ones.
bool ReadFields(JsonValue& from, std::span<const FieldReader> fields, void* object);

// `names` are the enumerators'. Sets the index of the one that the value spells.
bool ReadEnumerator(JsonValue& from, std::span<const std::string_view> names, std::size_t& index);

// All functions return false when there was an error, which `from` keeps.
template <Naming N, typename T>
bool ReadValue(JsonValue& from, T& value);

template <Naming N, std::size_t I, typename T>
bool ReadField(JsonValue& from, void* object) {
  return ReadValue<N>(from, Field<I>(*static_cast<T*>(object)));
}

template <Naming N, typename T>
inline constexpr auto kFieldReaders = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<FieldReader, sizeof...(I)>{
      FieldReader{WireName<I, T, N>(), !OptionalType<FieldType<I, T>>, &ReadField<N, I, T>}...};
}
(std::make_index_sequence<kFieldCount<T>>());

template <Naming N, typename T>
bool ReadObject(JsonValue& from, T& object) {
  static_assert(CamelNamesDiffer<T>(),
                "omnibus: two members have the same name in camel case: rename one of them");
  return ReadFields(from, kFieldReaders<N, T>, &object);
}

template <Naming N, typename T>
bool ReadElement(JsonValue& from, T& list) {
  if constexpr (std::is_same_v<typename T::value_type, bool>) {
    bool element = false;
    if (!from.Read(element)) return false;
    list.push_back(element);
    return true;
  } else {
    return ReadValue<N>(from, list.emplace_back());
  }
}

template <Naming N, typename T>
bool ReadVector(JsonValue& from, T& list) {
  list.clear();
  if (!from.BeginArray()) return false;
  while (from.NextElement()) {
    if (!ReadElement<N>(from, list)) return false;
  }
  return from.ok();
}

bool FailLength(JsonValue& from, std::size_t expected, std::size_t found);

template <Naming N, typename T, std::size_t Size>
bool ReadArray(JsonValue& from, std::array<T, Size>& list) {
  if (!from.BeginArray()) return false;
  std::size_t size = 0;
  for (; from.NextElement(); ++size) {
    if (!(size < Size ? ReadValue<N>(from, list[size]) : from.Skip())) return false;
  }
  return from.ok() && (size == Size || FailLength(from, Size, size));
}

template <Naming N, typename T>
bool ReadMap(JsonValue& from, T& map) {
  map.clear();
  if (!from.BeginObject()) return false;
  for (std::string_view name; from.NextField(name);) {
    const auto [entry, inserted] = map.try_emplace(std::string(name));
    if (!inserted) return from.Fail("given twice");
    if (!ReadValue<N>(from, entry->second)) return false;
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

template <Naming N, typename T>
bool ReadValue(JsonValue& from, T& value) {
  if constexpr (EnumType<T>) {
    return ReadEnum(from, value);
  } else if constexpr (IntegerType<T>) {
    return ReadInteger(from, value);
  } else if constexpr (ValueType<T>) {
    return from.Read(value);
  } else if constexpr (OptionalType<T>) {
    if (!from.IsNull()) return ReadValue<N>(from, value.emplace());
    value.reset();
    return from.Skip();
  } else if constexpr (kIsArray<T>) {
    return ReadArray<N>(from, value);
  } else if constexpr (ListType<T>) {
    return ReadVector<N>(from, value);
  } else if constexpr (MapType<T>) {
    return ReadMap<N>(from, value);
  } else {
    return ReadObject<N>(from, value);
  }
}

}  // namespace omnibus::internal
