// Which types an event's fields may have; and, for every other one, what to do.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "omnibus/decimal.h"
#include "omnibus/internal/codec_enum.h"
#include "omnibus/internal/codec_fields.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::internal {

template <typename T, template <typename...> typename Template>
inline constexpr bool kIsA = false;
template <template <typename...> typename Template, typename... Arguments>
inline constexpr bool kIsA<Template<Arguments...>, Template> = true;

template <typename T>
inline constexpr bool kIsArray = false;
template <typename T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

template <typename T>
concept CharacterType = std::same_as<T, char> || std::same_as<T, wchar_t> ||
    std::same_as<T, char8_t> || std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <typename T>
concept IntegerType = std::integral<T> && sizeof(T) <= sizeof(std::int64_t) &&
                      !std::same_as<T, bool> && !CharacterType<T>;
template <typename T>
concept EnumType = std::is_enum_v<T>;
template <typename T>
concept ValueType = std::same_as<T, bool> || IntegerType<T> || std::same_as<T, double> ||
    std::same_as<T, std::string> || std::same_as<T, Uuid> || std::same_as<T, Timestamp> ||
    std::same_as<T, Decimal> || EnumType<T>;
template <typename T>
concept OptionalType = kIsA<T, std::optional>;
template <typename T>
concept ListType = kIsA<T, std::vector> || kIsArray<T>;
template <typename T>
concept MapType = kIsA<T, std::map>;
template <typename T>
concept ObjectType = std::is_class_v<T> && std::is_aggregate_v<T> && !ValueType<T> && !kIsArray<T>;

// Stands for a base class of T, and for nothing else.
template <typename T>
struct AnyBaseOf {
  template <typename Base>
  requires(std::is_base_of_v<Base, T> && !std::same_as<Base, T>) operator Base()
      const;  // NOLINT: converts on purpose
};
template <typename T>
inline constexpr bool kHasBase = requires {
  T{AnyBaseOf<T>{}};
};

// Stands for a value that a C array may consist of.
struct AnyPlainValue {
  template <typename T>
  requires(std::is_scalar_v<T> || std::same_as<T, std::string>) operator T() const;  // NOLINT
};

// PFR counts the elements of a C array as fields. Of N such fields, the one at `Before` is really
// an array when braces around two values fit there, but not N - Before - 1 values after them.
template <typename T, std::size_t N, std::size_t Before>
constexpr bool IsCArrayAt() {
  return
      []<std::size_t... B, std::size_t... A>(std::index_sequence<B...>, std::index_sequence<A...>) {
    if constexpr (requires { T{AnyFieldOf<T>(B)..., {AnyPlainValue{}, AnyPlainValue{}}}; }) {
      return !requires {
        T{AnyFieldOf<T>(B)..., {AnyPlainValue{}, AnyPlainValue{}}, AnyFieldOf<T>(A)...};
      };
    } else {
      return false;
    }
  }
  (std::make_index_sequence<Before>(), std::make_index_sequence<N - Before - 1>());
}
template <typename T>
constexpr bool HasCArray() {
  constexpr std::size_t kCount = kFieldCount<T>;
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (IsCArrayAt<T, kCount, I>() || ...);
  }
  (std::make_index_sequence<kCount>());
}

// Whether T can be a field's type, with all that it consists of: a static_assert says what to do
// instead. `Within` are the structs that it is a part of: a struct may contain a list of itself.
template <typename T, typename... Within>
constexpr bool CheckType();

// Whether T is a struct that can be taken apart at all.
template <typename T>
constexpr bool CheckShape() {
  constexpr bool kPlain = std::is_class_v<T> && std::is_aggregate_v<T>;
  static_assert(kPlain,
                "omnibus: an event and what it consists of are plain structs: no constructors, no "
                "private members, "
                "no virtual functions");
  if constexpr (kPlain) {
    constexpr bool kBase = kHasBase<T>;
    static_assert(!kBase,
                  "omnibus: an event has no base class: make what it shares with others a member");
    if constexpr (!kBase) {
      constexpr bool kFits = kFieldCount<T> <= kMaxFields;
      static_assert(kFits,
                    "omnibus: too many fields (200, or 100 with a Boost older than 1.84): group "
                    "some in a struct");
      if constexpr (kFits) {
        constexpr bool kArray = HasCArray<T>();
        static_assert(!kArray,
                      "omnibus: no C array in an event: use std::array, or std::string for text");
        return !kArray;
      }
    }
  }
  return false;
}

template <typename T, typename... Within>
constexpr bool CheckFields() {
  if constexpr ((std::same_as<T, Within> || ...)) {
    return true;
  } else if constexpr (CheckShape<T>()) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (CheckType<FieldType<I, T>, T, Within...>() && ...);
    }
    (std::make_index_sequence<kFieldCount<T>>());
  } else {
    return false;
  }
}

template <typename T>
constexpr bool CheckEnum() {
  static_assert(kHasFixedType<T>,
                "omnibus: an enumeration in an event has an underlying type: write `enum class`");
  if constexpr (kHasFixedType<T>) {
    static_assert(kEnumerators<T>.size > 0,
                  "omnibus: an enumeration in an event has enumerators with values from -1 to 127: "
                  "others have no name on "
                  "the wire");
  }
  return true;
}

template <typename T, typename... Within>
constexpr bool CheckType() {
  static_assert(!std::is_const_v<T> && !std::is_volatile_v<T>,
                "omnibus: a field that is const cannot be decoded: drop the const");
  if constexpr (EnumType<T>) {
    return CheckEnum<T>();
  } else if constexpr (ValueType<T>) {
    return true;
  } else if constexpr (OptionalType<T>) {
    static_assert(!OptionalType<typename T::value_type>,
                  "omnibus: std::optional of std::optional: JSON has one way only to be absent");
    return CheckType<typename T::value_type, Within...>();
  } else if constexpr (MapType<T>) {
    static_assert(std::is_same_v<typename T::key_type, std::string>,
                  "omnibus: a std::map in an event has std::string keys, as JSON objects have");
    return CheckType<typename T::mapped_type, Within...>();
  } else if constexpr (ListType<T>) {
    return CheckType<typename T::value_type, Within...>();
  } else if constexpr (std::is_array_v<T>) {
    static_assert(!std::is_array_v<T>, "omnibus: no C array in an event: use std::array");
  } else if constexpr (std::is_pointer_v<T>) {
    static_assert(
        !std::is_pointer_v<T>,
        "omnibus: no pointer in an event: use the value, std::optional, or std::string for text");
  } else if constexpr (std::is_floating_point_v<T>) {
    static_assert(!std::is_floating_point_v<T>,
                  "omnibus: use double for measures, and omnibus::Decimal for money");
  } else if constexpr (CharacterType<T>) {
    static_assert(!CharacterType<T>,
                  "omnibus: use std::string for text, and std::int8_t for a small number");
  } else if constexpr (ObjectType<T>) {
    return CheckFields<T, Within...>();
  } else {
    static_assert(
        ObjectType<T>,
        "omnibus: not a type for an event's field. Use bool, integers, double, std::string, "
        "omnibus::Uuid, "
        "Timestamp, Decimal, an enum class, std::optional, std::vector, std::array, std::map with "
        "std::string keys, or a "
        "plain struct of these (for a std::variant: one std::optional for each alternative)");
  }
  return false;
}

}  // namespace omnibus::internal
