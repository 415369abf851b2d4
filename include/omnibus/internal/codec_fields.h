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
#include "omnibus/internal/codec_spelling.h"

namespace omnibus::internal {

// Stands for any value of a field, but not for a T itself.
// Never run, so defined nowhere: of a T in an anonymous namespace clang would complain of that.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <typename T>
struct AnyFieldOf {
  AnyFieldOf(std::size_t) {}  // NOLINT: made from an index
  template <typename F>
  requires(!std::is_same_v<F, T>) operator F() const;  // NOLINT: converts on purpose
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <typename T, std::size_t... I>
constexpr bool TakesFields(std::index_sequence<I...>) {
  return requires { T{AnyFieldOf<T>(I)...}; };
}

// T takes Low values, and does not take High.
template <typename T, std::size_t Low, std::size_t High>
constexpr std::size_t CountFieldsBetween() {
  if constexpr (Low + 1 == High) {
    return Low;
  } else if constexpr (constexpr std::size_t kMiddle = (Low + High) / 2;
                       TakesFields<T>(std::make_index_sequence<kMiddle>())) {
    return CountFieldsBetween<T, kMiddle, High>();
  } else {
    return CountFieldsBetween<T, Low, kMiddle>();
  }
}

// PFR can count too, but makes g++ 12 crash where a std::array of structs with strings is among the
// fields.
template <typename T, std::size_t Guess = 8>
constexpr std::size_t CountFields() {
  if constexpr (TakesFields<T>(std::make_index_sequence<Guess>())) {
    return CountFields<T, 2 * Guess>();
  } else {
    return CountFieldsBetween<T, 0, Guess>();
  }
}

// The elements of a C array count as fields: see codec_types.h.
template <typename T>
inline constexpr std::size_t kFieldCount = CountFields<std::remove_const_t<T>>();

// Below, Fields(object) gives references to all of an object's fields, and FieldOf<I>() one of
// them. To take an object apart is costly to compile: what needs many fields does it once.

// The most fields that it can take apart.
#ifdef OMNIBUS_PFR_HAS_NAMES
inline constexpr std::size_t kMaxFields = 200;
#else
inline constexpr std::size_t kMaxFields = 100;
#endif

#ifdef OMNIBUS_PFR_HAS_NAMES

template <typename T>
constexpr T& Fields(T& object) {
  return object;
}
template <std::size_t I, typename T>
constexpr auto& FieldOf(T& fields) {
  return boost::pfr::get<I>(fields);
}

template <std::size_t I, typename T>
constexpr std::string_view FieldName() {
  return boost::pfr::get_name<I, T>();
}

#undef OMNIBUS_PFR_HAS_NAMES
#else

template <typename T>
constexpr auto Fields(T& object) {
  namespace detail = boost::pfr::detail;
  // Told the number of fields, PFR does not count them.
  return detail::tie_as_tuple(object, detail::size_t_<kFieldCount<std::remove_const_t<T>>>());
}
// One function of what the tuple is made of is chosen sooner than one of PFR's for all tuples.
template <std::size_t I, typename Field>
constexpr Field& FieldOf(
    const boost::pfr::detail::sequence_tuple::base_from_member<I, Field&>& fields) {
  return fields.value;
}

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

template <std::size_t I, typename T>
constexpr std::string_view FieldName() {
  return LastName(SpelledAddress<Address{&FieldOf<I>(Fields(kNowhere<T>.value))}>());
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif

template <std::size_t I, typename T>
using FieldType = std::remove_reference_t<decltype(FieldOf<I>(Fields(std::declval<T&>())))>;

template <typename T>
inline constexpr auto kFieldNames = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{FieldName<I, T>()...};
}
(std::make_index_sequence<kFieldCount<T>>());

}  // namespace omnibus::internal
