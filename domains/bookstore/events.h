// The bookstore's events, as docs/contracts.md has them.
#pragma once

#include <cstdint>
#include <vector>

#include "omnibus/decimal.h"
#include "omnibus/event.h"

namespace bookstore {

inline constexpr omnibus::DomainName kBookstore = {
    .name = "bookstore", .services = {"order-service", "catalog-service", "analytics-service"}};

// The enumerators of events are spelled as on the wire.
enum class NewOrderStatus { created };
enum class ReserveFailure { not_enough_stock };

struct OrderItem {
  std::int64_t book_id = 0;
  std::int64_t quantity = 0;

  friend bool operator==(const OrderItem&, const OrderItem&) = default;
};

// A book of which there was less than asked for.
struct Shortfall {
  std::int64_t book_id = 0;
  std::int64_t requested = 0;
  std::int64_t available = 0;

  friend bool operator==(const Shortfall&, const Shortfall&) = default;
};

struct OrderCreated {
  std::int64_t order_id = 0;
  std::int64_t user_id = 0;
  omnibus::Decimal total_amount = {};
  std::vector<OrderItem> items = {};
  NewOrderStatus status = NewOrderStatus::created;

  friend bool operator==(const OrderCreated&, const OrderCreated&) = default;
};

struct StockReserveRequest {
  std::int64_t order_id = 0;
  std::int64_t user_id = 0;
  std::vector<OrderItem> items = {};

  friend bool operator==(const StockReserveRequest&, const StockReserveRequest&) = default;
};

struct StockReserveSucceeded {
  std::int64_t order_id = 0;
  std::vector<OrderItem> items = {};

  friend bool operator==(const StockReserveSucceeded&, const StockReserveSucceeded&) = default;
};

struct StockReserveFailed {
  std::int64_t order_id = 0;
  ReserveFailure reason = ReserveFailure::not_enough_stock;
  std::vector<Shortfall> items = {};  // just those that fell short

  friend bool operator==(const StockReserveFailed&, const StockReserveFailed&) = default;
};

}  // namespace bookstore

template <>
inline constexpr omnibus::Contract omnibus::contract<bookstore::OrderCreated> = {
    .type = "order.created",
    .channel = "bookstore.events",
    .domain = &bookstore::kBookstore,
    .publisher = "order-service",
    .consumers = {"analytics-service"},
    .key = "order_id",
    .description = "A user has placed an order.",
    .open = true};

template <>
inline constexpr omnibus::Contract omnibus::contract<bookstore::StockReserveRequest> = {
    .type = "stock.reserve.request",
    .channel = "bookstore.events",
    .domain = &bookstore::kBookstore,
    .publisher = "order-service",
    .consumers = {"catalog-service", "analytics-service"},
    .key = "order_id",
    .description = "Asks for stock to be reserved for an order."};

template <>
inline constexpr omnibus::Contract omnibus::contract<bookstore::StockReserveSucceeded> = {
    .type = "stock.reserve.succeeded",
    .channel = "bookstore.events",
    .domain = &bookstore::kBookstore,
    .publisher = "catalog-service",
    .consumers = {"order-service", "analytics-service"},
    .key = "order_id",
    .description = "All that an order asked for is reserved."};

template <>
inline constexpr omnibus::Contract omnibus::contract<bookstore::StockReserveFailed> = {
    .type = "stock.reserve.failed",
    .channel = "bookstore.events",
    .domain = &bookstore::kBookstore,
    .publisher = "catalog-service",
    .consumers = {"order-service", "analytics-service"},
    .key = "order_id",
    .description = "Nothing is reserved for an order: the stock is short."};
