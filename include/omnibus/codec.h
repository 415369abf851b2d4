// Makes the codec of an event from its struct. Include it in one source file of each domain, and
// write there, for each event:
//
//   template struct omnibus::Codec<OrderCreated>;
//
// It brings reflection along, and costs about a second of compile time: never include it in a
// header. What is wrong with the struct or its contract is a compile error here, that says what to
// do.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "omnibus/event.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/codec.h"
#include "omnibus/internal/codec_contract.h"
#include "omnibus/internal/codec_quick_read.h"
#include "omnibus/internal/codec_target.h"
#include "omnibus/internal/codec_text.h"

namespace omnibus {
namespace internal {

inline constexpr std::size_t kNoField = ~std::size_t{0};

template <typename T>
constexpr std::size_t FieldIndex(std::string_view name) {
  for (std::size_t i = 0; i < kFieldCount<T>; ++i) {
    if (kFieldNames<T>[i] == name) return i;
  }
  return kNoField;
}

template <typename T>
concept KeyType =
    IntegerType<T> || EnumType<T> || std::same_as<T, std::string> || std::same_as<T, Uuid>;

template <KeyType T>
void AppendKeyText(const T& value, std::string& out) {
  if constexpr (std::is_same_v<T, std::string>) {
    out.append(value);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    char text[kOutputSlack];
    out.append(text, PutUuid(text, value));
  } else if constexpr (EnumType<T>) {
    out.append(EnumName(value));
  } else {
    char text[kOutputSlack];
    out.append(text, PutInteger(text, value));
  }
}

template <Event E>
constexpr bool CheckKey() {
  constexpr std::string_view kKey = contract<E>.key;
  if constexpr (!kKey.empty()) {
    constexpr std::size_t kIndex = FieldIndex<E>(kKey);
    static_assert(kIndex != kNoField,
                  "omnibus: the contract's .key is no member of the event: is it spelled right?");
    if constexpr (kIndex == kNoField) {
      return false;
    } else {
      constexpr bool kIsKey = KeyType<FieldType<kIndex, E>>;
      static_assert(kIsKey,
                    "omnibus: the contract's .key is a member that is an integer, a std::string, "
                    "an omnibus::Uuid or an enumeration");
      return kIsKey;
    }
  } else {
    return true;
  }
}

template <Event E>
void AppendKey(const void* event, std::string& out) {
  if constexpr (!contract<E>.key.empty()) {
    auto&& fields = Fields(*static_cast<const E*>(event));
    AppendKeyText(FieldOf<FieldIndex<E>(contract<E>.key)>(fields), out);
  }
}

template <Event E>
inline constexpr auto kFieldDescriptions = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<FieldDescription, sizeof...(I)>{
      FieldDescription{WireName<E>(I, Naming::kSnake), &DescribeType<FieldType<I, E>>,
                       !OptionalType<FieldType<I, E>>}...};
}
(std::make_index_sequence<kFieldCount<E>>());

template <Event E>
std::span<const FieldInfo> DescribeFields() {
  static const FieldList fields(kFieldDescriptions<E>);
  return fields.View();
}

// Never inlined into `encode` too: all that an event's fields need is inlined into this.
template <Event E>
[[gnu::noinline]] bool WriteEvent(const void* event, Naming naming, JsonOutput& out) {
  return WriteJson(*static_cast<const E*>(event), naming, out);
}

template <Event E>
EventType MakeEventType() {
  EventType type;
  type.contract = &contract<E>;
  type.size = sizeof(E);
  type.alignment = alignof(E);
  type.fields = DescribeFields<E>();
  type.encode = [](const void* event, Naming naming, std::string& out) {
    return EncodeBy(&WriteEvent<E>, event, naming, out);
  };
  type.write = &WriteEvent<E>;
  type.decode = [](JsonValue& payload, Naming naming, void* event) {
    return ReadObject(payload, naming, *static_cast<E*>(event)) ? absl::OkStatus()
                                                                : payload.status();
  };
  type.append_key = &AppendKey<E>;
  type.construct = [](void* storage) { ::new (storage) E{}; };
  type.destroy = [](void* event) { std::destroy_at(static_cast<E*>(event)); };
  type.equal = [](const void* a, const void* b) {
    return EqualValues(*static_cast<const E*>(a), *static_cast<const E*>(b));
  };
#ifdef OMNIBUS_QUICK_READS
  if (RunsQuickReads()) {
    type.read = [](std::string_view text, Naming naming, void* event) {
      return QuickRead(text, naming, *static_cast<E*>(event));
    };
  }
#endif
  return type;
}

}  // namespace internal

template <Event E>
const EventType& Codec<E>::Type() {
  constexpr bool kContractIsRight = internal::CheckContract<E>();
  constexpr bool kFieldsAreRight = internal::CheckFields<E>();
  // Each static_assert above has told what is wrong; without these branches the compiler would go
  // on, and say much more.
  if constexpr (kContractIsRight && kFieldsAreRight) {
    if constexpr (internal::CheckKey<E>()) {
      static const EventType type = internal::MakeEventType<E>();
      return type;
    }
  }
}

}  // namespace omnibus
