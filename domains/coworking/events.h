// The coworking space's events, as docs/contracts.md has them.
#pragma once

#include <cstdint>
#include <string>

#include "omnibus/event.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace coworking {

inline constexpr omnibus::DomainName kCoworking = {
    .name = "coworking",
    .services = {"booking-service", "scheduler-service", "notification-service",
                 "analytics-service"}};

// The enumerators of events are spelled as on the wire.
enum class NotificationChannel { push, email };
enum class NotificationType { booking_reminder };

struct BookingCreated {
  omnibus::Uuid booking_id = {};
  omnibus::Uuid user_id = {};
  omnibus::Uuid place_id = {};
  omnibus::Timestamp start_time = {};
  omnibus::Timestamp end_time = {};

  friend bool operator==(const BookingCreated&, const BookingCreated&) = default;
};

struct BookingCancelled {
  omnibus::Uuid booking_id = {};
  std::string reason = {};

  friend bool operator==(const BookingCancelled&, const BookingCancelled&) = default;
};

struct BookingCompleted {
  omnibus::Uuid booking_id = {};

  friend bool operator==(const BookingCompleted&, const BookingCompleted&) = default;
};

struct ReminderTriggered {
  omnibus::Uuid booking_id = {};
  omnibus::Uuid user_id = {};

  friend bool operator==(const ReminderTriggered&, const ReminderTriggered&) = default;
};

struct NotificationSent {
  omnibus::Uuid user_id = {};
  NotificationChannel channel = NotificationChannel::push;
  NotificationType type = NotificationType::booking_reminder;

  friend bool operator==(const NotificationSent&, const NotificationSent&) = default;
};

struct BookingRecorded {
  omnibus::Uuid booking_id = {};
  omnibus::Uuid coworking_id = {};
  std::int32_t hour = 0;  // 0 to 23, in the coworking's own time zone

  friend bool operator==(const BookingRecorded&, const BookingRecorded&) = default;
};

}  // namespace coworking

template <>
inline constexpr omnibus::Contract omnibus::contract<coworking::BookingCreated> = {
    .type = "booking.created",
    .channel = "booking.events",
    .domain = &coworking::kCoworking,
    .publisher = "booking-service",
    .consumers = {"notification-service", "analytics-service", "scheduler-service"},
    .key = "booking_id",
    .description = "A place is booked."};

template <>
inline constexpr omnibus::Contract omnibus::contract<coworking::BookingCancelled> = {
    .type = "booking.cancelled",
    .channel = "booking.events",
    .domain = &coworking::kCoworking,
    .publisher = "booking-service",
    .consumers = {"notification-service", "analytics-service"},
    .key = "booking_id",
    .description = "A booking is cancelled."};

template <>
inline constexpr omnibus::Contract omnibus::contract<coworking::BookingCompleted> = {
    .type = "booking.completed",
    .channel = "booking.events",
    .domain = &coworking::kCoworking,
    .publisher = "scheduler-service",
    .consumers = {"booking-service", "analytics-service"},
    .key = "booking_id",
    .description = "The time of a booking is over."};

template <>
inline constexpr omnibus::Contract omnibus::contract<coworking::ReminderTriggered> = {
    .type = "scheduler.reminder.triggered",
    .channel = "scheduler.events",
    .domain = &coworking::kCoworking,
    .publisher = "scheduler-service",
    .consumers = {"notification-service"},
    .key = "booking_id",
    .description = "It is time to remind a user of a booking."};

template <>
inline constexpr omnibus::Contract omnibus::contract<coworking::NotificationSent> = {
    .type = "notification.sent",
    .channel = "notification.events",
    .domain = &coworking::kCoworking,
    .publisher = "notification-service",
    .consumers = {"analytics-service"},
    .key = "user_id",
    .description = "A notification was sent to a user."};

template <>
inline constexpr omnibus::Contract omnibus::contract<coworking::BookingRecorded> = {
    .type = "analytics.booking.recorded",
    .channel = "analytics.events",
    .domain = &coworking::kCoworking,
    .publisher = "analytics-service",
    .consumers = {},
    .key = "booking_id",
    .description = "Analytics has recorded a booking, and the local hour at which it starts."};
