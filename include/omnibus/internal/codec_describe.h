// What people are told about a field's type, and how two values of it are compared.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "omnibus/event_type.h"
#include "omnibus/internal/codec_fragments.h"
#include "omnibus/internal/codec_types.h"

namespace omnibus::internal {

template <typename T>
void AppendTypeTo(std::string& text) {
  if constexpr (std::is_same_v<T, bool>) {
    text += "boolean";
  } else if constexpr (IntegerType<T>) {
    text += "integer";
  } else if constexpr (std::is_same_v<T, double>) {
    text += "number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    text += "string";
  } else if constexpr (std::is_same_v<T, Uuid>) {
    text += "uuid";
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    text += "time";
  } else if constexpr (std::is_same_v<T, Decimal>) {
    text += "decimal";
  } else if constexpr (EnumType<T>) {
    const char* before = "\"";
    for (const auto& each : kEnumerators<T>) {
      text.append(before).append(each.name).append("\"");
      before = " | \"";
    }
  } else if constexpr (OptionalType<T>) {
    AppendTypeTo<typename T::value_type>(text);
  } else if constexpr (ListType<T>) {
    AppendTypeTo<typename T::value_type>(text += "list of ");
  } else if constexpr (MapType<T>) {
    AppendTypeTo<typename T::mapped_type>(text += "map of ");
  } else {
    text += "{";
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (text.append(I == 0 ? "" : ", ").append(WireName<T>(I, Naming::kSnake)), ...);
    }
    (std::make_index_sequence<kFieldCount<T>>());
    text += "}";
  }
}

// What an event's fields are told by, and how they are listed. No template: each event would have
// its own of all that strings need.
struct FieldDescription {
  std::string_view name;
  std::string (*type)() = nullptr;
  bool required = true;
};
class FieldList {
 public:
  explicit FieldList(std::span<const FieldDescription> fields);
  std::span<const FieldInfo> View() const { return fields_; }

 private:
  std::vector<std::string> types_;
  std::vector<FieldInfo> fields_;
};

template <typename T>
std::string DescribeType() {
  std::string text;
  AppendTypeTo<T>(text);
  return text;
}

template <typename T>
bool EqualValues(const T& a, const T& b) {
  if constexpr (OptionalType<T>) {
    return a.has_value() == b.has_value() && (!a.has_value() || EqualValues(*a, *b));
  } else if constexpr (ListType<T>) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!EqualValues<typename T::value_type>(a[i], b[i])) return false;
    }
    return true;
  } else if constexpr (MapType<T>) {
    if (a.size() != b.size()) return false;
    for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right) {
      if (left->first != right->first || !EqualValues(left->second, right->second)) return false;
    }
    return true;
  } else if constexpr (ObjectType<T>) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      auto&& left = Fields(a);
      auto&& right = Fields(b);
      return (EqualValues(FieldOf<I>(left), FieldOf<I>(right)) && ...);
    }
    (std::make_index_sequence<kFieldCount<T>>());
  } else {
    return a == b;
  }
}

}  // namespace omnibus::internal
