// What makes a plain struct an event: a contract beside it.
//
//   struct OrderCreated {
//     std::int64_t order_id;
//     omnibus::Decimal total_amount;
//   };
//
//   template <>
//   inline constexpr omnibus::Contract omnibus::contract<OrderCreated> = {
//       .type = "order.created", .channel = "shop.events", .domain = &kShop,
//       .publisher = "order-service", .consumers = {"analytics-service"},
//       .key = "order_id", .description = "A customer has placed an order."};
//
// The reflection that encodes and decodes it is costly to compile, so it is not here: one source
// file for each domain includes omnibus/codec.h and instantiates omnibus::Codec<OrderCreated>.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

namespace omnibus {

// Up to 24 names, in the order given. A longer list does not compile.
class Names {
 public:
  constexpr Names() = default;
  constexpr Names(std::initializer_list<std::string_view> names) {  // NOLINT: reads as a list
    if (names.size() > names_.size()) throw std::length_error("more than 24 names");
    for (std::string_view name : names) names_[size_++] = name;
  }

  constexpr const std::string_view* begin() const { return names_.data(); }
  constexpr const std::string_view* end() const { return names_.data() + size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool contains(std::string_view name) const {
    for (std::string_view each : *this) {
      if (each == name) return true;
    }
    return false;
  }

 private:
  std::array<std::string_view, 24> names_ = {};
  std::size_t size_ = 0;
};

// A bounded context: the services that may publish and handle its events. Its name is the first
// part of its consumer groups' ids (`bookstore.catalog-service`).
struct DomainName {
  std::string_view name;
  Names services;
};

// What an event's publishers and consumers agree on. All strings outlive the program's main().
struct Contract {
  std::string_view type;               // "order.created"; AMQP's routing key
  std::string_view channel;            // "bookstore.events": Kafka's topic, AMQP's exchange
  const DomainName* domain = nullptr;  // required
  std::string_view publisher;          // one of domain->services
  Names consumers = {};                // of domain->services; may be empty
  std::string_view key = {};           // the member that orders: events of one key stay in order.
                                       // Empty: no order is asked for
  std::string_view description = {};   // one line, for people
  bool open = false;                   // services that are not listed may consume it too
};

// Specialized beside each event; the primary template marks what is no event.
template <typename T>
inline constexpr Contract contract = {};

template <typename T>
concept Event = std::is_aggregate_v<T> && std::default_initializable<T> &&
                std::move_constructible<T> && !contract<T>.type.empty();

// The untyped description of an event type: see omnibus/event_type.h.
struct EventType;

// Gives the EventType of `E`. Declared here for all, defined in omnibus/codec.h, and instantiated
// in one source file of each domain: `template struct omnibus::Codec<OrderCreated>;`. A linker
// error about Codec<...>::Type() means that this line is missing.
template <Event E>
struct Codec {
  static const EventType& Type();
};

template <Event E>
const EventType& EventTypeOf() {
  return Codec<E>::Type();
}

// Whether no two of the events have the same type name.
template <Event... Es>
inline constexpr bool kTypesDiffer = [] {
  constexpr std::array<std::string_view, sizeof...(Es)> types = {contract<Es>.type...};
  for (std::size_t i = 0; i < types.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (types[i] == types[k]) return false;
    }
  }
  return true;
}();

// The event types of a domain, in the order given: EventTypesOf<OrderCreated, OrderCancelled>().
template <Event... Es>
std::vector<const EventType*> EventTypesOf() {
  static_assert(kTypesDiffer<Es...>, "omnibus: two events have the same .type in their contracts");
  return {&EventTypeOf<Es>()...};
}

}  // namespace omnibus
