// The fields of plain structs: how many, which, and their names. The one file that knows Boost.PFR.
//
// Newer PFR (Boost 1.84) gives names. For older ones they are read off the compiler's own spelling
// of a member's address, which is a constant expression in g++ 12 and clang 14.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "boost/pfr.hpp"
#if __has_include("boost/pfr/core_name.hpp")
#include "boost/pfr/core_name.hpp"
#define OMNIBUS_PFR_HAS_NAMES 1  // undefined again below
#endif

namespace omnibus::internal {

template <typename T>
inline constexpr std::size_t kFieldCount = boost::pfr::tuple_size_v<T>;

// The most fields that it can take apart.
#ifdef OMNIBUS_PFR_HAS_NAMES
inline constexpr std::size_t kMaxFields = 200;
#else
inline constexpr std::size_t kMaxFields = 100;
#endif

template <std::size_t I, typename T>
constexpr auto& Field(T& object) {
  return boost::pfr::get<I>(object);
}

template <std::size_t I, typename T>
using FieldType = boost::pfr::tuple_element_t<I, T>;

#ifdef OMNIBUS_PFR_HAS_NAMES

template <std::size_t I, typename T>
constexpr std::string_view FieldName() {
  return boost::pfr::get_name<I, T>();
}

#undef OMNIBUS_PFR_HAS_NAMES
#else

// An object of which only members' addresses are taken: it is defined nowhere.
template <typename T>
struct Nowhere {
  const T value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <typename T>
extern const Nowhere<T> kNowhere;

// clang 14 takes an address within an object as a template argument only inside of a struct.
template <typename Pointer>
struct Address {
  Pointer pointer;
};
template <typename Pointer>
Address(Pointer) -> Address<Pointer>;

template <Address A>
constexpr auto SpelledAddress() {
  // "... {&kNowhere<Order>.value.order_id}]", "... {(&
  // kNowhere<Order>.Nowhere<Order>::value.Order::order_id)}]"
  return std::string_view(__PRETTY_FUNCTION__, sizeof(__PRETTY_FUNCTION__) - 1);
}

constexpr bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The last name in it.
constexpr std::string_view LastName(std::string_view spelled) {
  while (!spelled.empty() && !IsNameCharacter(spelled.back())) spelled.remove_suffix(1);
  std::size_t begin = spelled.size();
  while (begin > 0 && IsNameCharacter(spelled[begin - 1])) --begin;
  return spelled.substr(begin);
}

template <std::size_t I, typename T>
constexpr std::string_view FieldName() {
  return LastName(SpelledAddress<Address{&boost::pfr::get<I>(kNowhere<T>.value)}>());
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif

template <typename T>
inline constexpr auto kFieldNames = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{FieldName<I, T>()...};
}
(std::make_index_sequence<kFieldCount<T>>());

}  // namespace omnibus::internal
