// None of these contracts compiles; every line that says `expect` must be in what the compiler
// says.
#include <cstdint>
#include <string>

#include "omnibus/codec.h"

constexpr omnibus::DomainName kShop = {.name = "shop",
                                       .services = {"order-service", "stock-service"}};

template <int I>
struct Event {
  std::int64_t order_id;
  double weight;
};

template <>
constexpr omnibus::Contract omnibus::contract<Event<1>> = {
    .type = "a b", .channel = "shop", .domain = &kShop, .publisher = "order-service"};
template <>
constexpr omnibus::Contract omnibus::contract<Event<2>> = {
    .type = "a", .channel = "shop..events", .domain = &kShop, .publisher = "order-service"};
template <>
constexpr omnibus::Contract omnibus::contract<Event<3>> = {
    .type = "a", .channel = "shop", .publisher = "order-service"};
template <>
constexpr omnibus::Contract omnibus::contract<Event<4>> = {
    .type = "a", .channel = "shop", .domain = &kShop, .publisher = "orders-service"};
template <>
constexpr omnibus::Contract omnibus::contract<Event<5>> = {.type = "a",
                                                           .channel = "shop",
                                                           .domain = &kShop,
                                                           .publisher = "order-service",
                                                           .consumers = {"stocks-service"}};
template <>
constexpr omnibus::Contract omnibus::contract<Event<6>> = {
    .type = "a",
    .channel = "shop",
    .domain = &kShop,
    .publisher = "order-service",
    .consumers = {"stock-service", "stock-service"}};
template <>
constexpr omnibus::Contract omnibus::contract<Event<7>> = {.type = "a",
                                                           .channel = "shop",
                                                           .domain = &kShop,
                                                           .publisher = "order-service",
                                                           .key = "orderId"};
template <>
constexpr omnibus::Contract omnibus::contract<Event<8>> = {.type = "a",
                                                           .channel = "shop",
                                                           .domain = &kShop,
                                                           .publisher = "order-service",
                                                           .key = "weight"};

// expect: the contract's .type must be a name
template struct omnibus::Codec<Event<1>>;
// expect: the contract's .channel must be a name
template struct omnibus::Codec<Event<2>>;
// expect: the contract needs a .domain
template struct omnibus::Codec<Event<3>>;
// expect: the contract's .publisher is not one of its domain's services: is it spelled right?
template struct omnibus::Codec<Event<4>>;
// expect: one of the contract's .consumers is not one of its domain's services
template struct omnibus::Codec<Event<5>>;
// expect: the contract names a consumer twice
template struct omnibus::Codec<Event<6>>;
// expect: the contract's .key is no member of the event: is it spelled right?
template struct omnibus::Codec<Event<7>>;
// expect: the contract's .key is a member that is an integer, a std::string, an omnibus::Uuid
template struct omnibus::Codec<Event<8>>;

// expect: two events have the same .type in their contracts
const auto kTwins = omnibus::EventTypesOf<Event<7>, Event<8>>();
