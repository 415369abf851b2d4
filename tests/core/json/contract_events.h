// The events of both contracts, for the tests of the codec and the envelopes. The domains have
// their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "omnibus/decimal.h"
#include "omnibus/event.h"
#include "omnibus/event_type.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::testing {

inline constexpr DomainName kCoworking = {
    .name = "coworking",
    .services = {"booking-service", "scheduler-service", "notification-service",
                 "analytics-service"}};

inline constexpr DomainName kBookstore = {
    .name = "bookstore", .services = {"order-service", "catalog-service", "analytics-service"}};

struct BookingCreated {
  Uuid booking_id;
  Uuid user_id;
  Uuid place_id;
  Timestamp start_time;
  Timestamp end_time;
};

struct BookingCancelled {
  Uuid booking_id;
  std::string reason;
};

struct BookingCompleted {
  Uuid booking_id;
};

struct ReminderTriggered {
  Uuid booking_id;
  Uuid user_id;
};

enum class NotificationChannel { push, email };
enum class NotificationType { booking_reminder };

struct NotificationSent {
  Uuid user_id;
  NotificationChannel channel;
  NotificationType type;
};

struct BookingRecorded {
  Uuid booking_id;
  Uuid coworking_id;
  int hour;
};

struct BookQuantity {
  std::int64_t book_id;
  std::int64_t quantity;
};

enum class OrderStatus { created };

struct OrderCreated {
  std::int64_t order_id;
  std::int64_t user_id;
  Decimal total_amount;
  std::vector<BookQuantity> items;
  OrderStatus status;
};

struct StockReserveRequest {
  std::int64_t order_id;
  std::int64_t user_id;
  std::vector<BookQuantity> items;
};

struct StockReserveSucceeded {
  std::int64_t order_id;
  std::vector<BookQuantity> items;
};

enum class FailureReason { not_enough_stock };

struct Shortfall {
  std::int64_t book_id;
  std::int64_t requested;
  std::int64_t available;
};

struct StockReserveFailed {
  std::int64_t order_id;
  FailureReason reason;
  std::vector<Shortfall> items;
};

// All ten.
std::vector<const EventType*> ContractEvents();

// Null when none of the ten has this name.
const EventType* FindContractEvent(std::string_view type);

}  // namespace omnibus::testing

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::BookingCreated> = {
    .type = "booking.created",
    .channel = "booking.events",
    .domain = &omnibus::testing::kCoworking,
    .publisher = "booking-service",
    .consumers = {"notification-service", "analytics-service", "scheduler-service"},
    .key = "booking_id",
    .description = "A place has been booked."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::BookingCancelled> = {
    .type = "booking.cancelled",
    .channel = "booking.events",
    .domain = &omnibus::testing::kCoworking,
    .publisher = "booking-service",
    .consumers = {"notification-service", "analytics-service"},
    .key = "booking_id",
    .description = "A booking has been cancelled."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::BookingCompleted> = {
    .type = "booking.completed",
    .channel = "booking.events",
    .domain = &omnibus::testing::kCoworking,
    .publisher = "scheduler-service",
    .consumers = {"booking-service", "analytics-service"},
    .key = "booking_id",
    .description = "A booking's time is over."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::ReminderTriggered> = {
    .type = "scheduler.reminder.triggered",
    .channel = "scheduler.events",
    .domain = &omnibus::testing::kCoworking,
    .publisher = "scheduler-service",
    .consumers = {"notification-service"},
    .key = "booking_id",
    .description = "A booking begins soon."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::NotificationSent> = {
    .type = "notification.sent",
    .channel = "notification.events",
    .domain = &omnibus::testing::kCoworking,
    .publisher = "notification-service",
    .consumers = {"analytics-service"},
    .key = "user_id",
    .description = "A user has been notified."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::BookingRecorded> = {
    .type = "analytics.booking.recorded",
    .channel = "analytics.events",
    .domain = &omnibus::testing::kCoworking,
    .publisher = "analytics-service",
    .key = "booking_id",
    .description = "A booking has been counted."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::OrderCreated> = {
    .type = "order.created",
    .channel = "bookstore.events",
    .domain = &omnibus::testing::kBookstore,
    .publisher = "order-service",
    .consumers = {"analytics-service"},
    .key = "order_id",
    .description = "A customer has placed an order.",
    .open = true};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::StockReserveRequest> = {
    .type = "stock.reserve.request",
    .channel = "bookstore.events",
    .domain = &omnibus::testing::kBookstore,
    .publisher = "order-service",
    .consumers = {"catalog-service", "analytics-service"},
    .key = "order_id",
    .description = "An order asks for its books."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::StockReserveSucceeded> = {
    .type = "stock.reserve.succeeded",
    .channel = "bookstore.events",
    .domain = &omnibus::testing::kBookstore,
    .publisher = "catalog-service",
    .consumers = {"order-service", "analytics-service"},
    .key = "order_id",
    .description = "All of an order's books are reserved."};

template <>
inline constexpr omnibus::Contract omnibus::contract<omnibus::testing::StockReserveFailed> = {
    .type = "stock.reserve.failed",
    .channel = "bookstore.events",
    .domain = &omnibus::testing::kBookstore,
    .publisher = "catalog-service",
    .consumers = {"order-service", "analytics-service"},
    .key = "order_id",
    .description = "Some of an order's books are not there."};
