// Writes values of every type that an event may consist of.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/internal/codec_json_writer.h"
#include "omnibus/internal/codec_names.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

// The functions below return false when there was an error, which the writer keeps.
template <Naming N, typename T>
bool WriteValue(JsonWriter& out, const T& value);

template <Naming N, std::size_t I, typename T>
bool WriteField(JsonWriter& out, const T& object, bool& first) {
  const auto& field = Field<I>(object);
  if constexpr (OptionalType<FieldType<I, T>>) {
    if (!field.has_value()) return true;
  }
  const std::string_view fragment = kFragment<I, T, N>.View();
  out.Append(first ? fragment.substr(1) : fragment);
  first = false;
  return WriteValue<N>(out, field) || out.FailedIn(WireName<I, T, N>());
}

template <Naming N, typename T>
bool WriteObject(JsonWriter& out, const T& object) {
  out.Append('{');
  bool first = true;
  const bool written = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (WriteField<N, I>(out, object, first) && ...);
  }
  (std::make_index_sequence<kFieldCount<T>>());
  out.Append('}');
  return written;
}

template <Naming N, typename T>
bool WriteList(JsonWriter& out, const T& list) {
  out.Append('[');
  std::size_t index = 0;
  for (const auto& element : list) {
    if (index > 0) out.Append(',');
    // Not `const auto&`: of a std::vector<bool> it is a proxy.
    if (!WriteValue<N, typename T::value_type>(out, element)) return out.FailedIn(index);
    ++index;
  }
  out.Append(']');
  return true;
}

template <Naming N, typename T>
bool WriteMap(JsonWriter& out, const T& map) {
  out.Append('{');
  bool first = true;
  for (const auto& [key, value] : map) {
    if (!first) out.Append(',');
    first = false;
    if (!out.WriteText(key)) return out.FailedIn(key);
    out.Append(':');
    if (!WriteValue<N>(out, value)) return out.FailedIn(key);
  }
  out.Append('}');
  return true;
}

template <typename T>
bool WriteEnum(JsonWriter& out, T value) {
  const std::string_view name = EnumName(value);
  if (name.empty())
    return out.Fail("the enumeration's value has no name (values from -1 to 127 may have one)");
  out.Append('"');
  out.Append(name);
  out.Append('"');
  return true;
}

template <Naming N, typename T>
bool WriteValue(JsonWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return out.Write(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return out.WriteText(value);
  } else if constexpr (EnumType<T>) {
    return WriteEnum(out, value);
  } else if constexpr (OptionalType<T>) {
    // As an element of a list, where it cannot be absent.
    if (value.has_value()) return WriteValue<N>(out, *value);
    out.Append("null");
    return true;
  } else if constexpr (ListType<T>) {
    return WriteList<N>(out, value);
  } else if constexpr (MapType<T>) {
    return WriteMap<N>(out, value);
  } else if constexpr (IntegerType<T>) {
    if constexpr (std::is_signed_v<T>) {
      out.WriteSigned(value);
    } else {
      out.WriteUnsigned(value);
    }
    return true;
  } else if constexpr (ValueType<T>) {
    out.Write(value);
    return true;
  } else {
    return WriteObject<N>(out, value);
  }
}

}  // namespace omnibus::internal
