// What can be wrong with a contract, seen at compile time.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "omnibus/event.h"

namespace omnibus::internal {

// Names become topics, exchanges, routing keys and parts of queues' names: Kafka allows these
// characters, AMQP's routing keys use the dots as separators, and some room is left for
// `.<module>.retry.<delay>`.
inline constexpr std::size_t kMaxName = 150;

constexpr bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || name.front() == '.' || name.back() == '.')
    return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_') return false;
    if (c == '.' && name[i - 1] == '.') return false;
  }
  return true;
}

constexpr bool AreNames(const Names& names) {
  for (const std::string_view name : names) {
    if (!IsName(name)) return false;
  }
  return true;
}

constexpr bool AllIn(const Names& names, const Names& of) {
  for (const std::string_view name : names) {
    if (!of.contains(name)) return false;
  }
  return true;
}

constexpr bool NoneTwice(const Names& names) {
  for (const std::string_view* name = names.begin(); name != names.end(); ++name) {
    for (const std::string_view* other = names.begin(); other != name; ++other) {
      if (*name == *other) return false;
    }
  }
  return true;
}

// g++ 12 takes no comparison of an address with nullptr for a constant when it builds with
// -fsanitize=undefined (GCC bug 71962): so it is asked whether what it points to is one.
template <typename E>
concept NamesDomain = requires {
  typename std::integral_constant<std::size_t, contract<E>.domain->name.size()>;
};

template <Event E>
constexpr bool CheckContract() {
  constexpr const Contract& kContract = contract<E>;
  static_assert(IsName(kContract.type),
                "omnibus: the contract's .type must be a name: letters, digits, '-', '_', and "
                "single dots between them");
  static_assert(IsName(kContract.channel),
                "omnibus: the contract's .channel must be a name: letters, digits, '-', '_', and "
                "single dots between them");
  static_assert(NamesDomain<E>,
                "omnibus: the contract needs a .domain: the services that it names are of that");
  if constexpr (NamesDomain<E>) {
    constexpr const DomainName& kDomain = *kContract.domain;
    static_assert(IsName(kDomain.name) && AreNames(kDomain.services),
                  "omnibus: the names of a domain and its services are letters, digits, '-', '_', "
                  "and single dots");
    static_assert(kDomain.services.contains(kContract.publisher),
                  "omnibus: the contract's .publisher is not one of its domain's services: is it "
                  "spelled right?");
    static_assert(AllIn(kContract.consumers, kDomain.services),
                  "omnibus: one of the contract's .consumers is not one of its domain's services: "
                  "is it spelled right?");
    static_assert(NoneTwice(kContract.consumers), "omnibus: the contract names a consumer twice");
  }
  return true;
}

}  // namespace omnibus::internal
