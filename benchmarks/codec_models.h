// The messages as whole structs, which is how other libraries see them. Uuids and times are types
// of their own here, so that a library can be told how they are written without touching ours.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "benchmarks/codec_messages.h"
#include "omnibus/internal/codec_fields.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/internal/codec_text.h"

namespace benchmarks::model {

struct Id {
  omnibus::Uuid uuid;
  friend bool operator==(const Id&, const Id&) = default;
};
struct Time {
  omnibus::Timestamp time;
  friend bool operator==(const Time&, const Time&) = default;
};

struct Booking {
  Id bookingId;
  Id userId;
  Id placeId;
  Time startTime;
  Time endTime;
  friend bool operator==(const Booking&, const Booking&) = default;
};
struct BookingMessage {
  Id eventId;
  std::string eventType;
  Time occurredAt;
  Booking data;
  friend bool operator==(const BookingMessage&, const BookingMessage&) = default;
};

struct Item {
  std::int64_t book_id = 0;
  std::int64_t quantity = 0;
  friend bool operator==(const Item&, const Item&) = default;
};
struct Order {
  std::int64_t order_id = 0;
  std::int64_t user_id = 0;
  double total_amount = 0;
  std::vector<Item> items;
  std::string status;
  friend bool operator==(const Order&, const Order&) = default;
};
struct OrderMessage {
  Id event_id;
  Time occurred_at;
  Id correlation_id;
  Id idempotency_key;
  Order payload;
  friend bool operator==(const OrderMessage&, const OrderMessage&) = default;
};

inline BookingMessage ModelOf(const Message<coworking::BookingCreated>& message) {
  const auto& [metadata, event] = message;
  return {{metadata.id},
          metadata.type,
          {metadata.occurred_at},
          {{event.booking_id},
           {event.user_id},
           {event.place_id},
           {event.start_time},
           {event.end_time}}};
}

inline OrderMessage ModelOf(const Message<bookstore::OrderCreated>& message) {
  const auto& [metadata, event] = message;
  // Divided once: divided by ten and by ten again, every third amount would be next to the one that
  // is meant, and have 17 digits.
  double divisor = 1;
  for (int scale = event.total_amount.scale(); scale > 0; --scale) divisor *= 10;
  const double amount = static_cast<double>(event.total_amount.units()) / divisor;
  OrderMessage model = {{metadata.id},
                        {metadata.occurred_at},
                        {metadata.correlation_id},
                        {metadata.idempotency_key},
                        {event.order_id, event.user_id, amount, {}, "created"}};
  for (const auto& item : event.items) {
    model.payload.items.push_back({item.book_id, item.quantity});
  }
  return model;
}

template <typename E>
auto ModelsOf(const Corpus<E>& corpus) {
  std::vector<decltype(ModelOf(corpus.messages[0]))> models;
  for (const auto& message : corpus.messages) models.push_back(ModelOf(message));
  return models;
}

template <typename T>
concept Object = std::is_aggregate_v<T> && !std::same_as<T, Id> && !std::same_as<T, Time>;

// Calls visit(name, field) for each field, until one says false.
template <typename T, typename Visit>
bool EachField(T& object, Visit&& visit) {
  using Plain = std::remove_const_t<T>;
  auto&& fields = omnibus::internal::Fields(object);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (
        visit(omnibus::internal::kFieldNames<Plain>[I], omnibus::internal::FieldOf<I>(fields)) &&
        ...);
  }
  (std::make_index_sequence<omnibus::internal::kFieldCount<Plain>>());
}

// Quick texts, for whoever lets its users say how a type is written.
inline omnibus::internal::DateTexts& Dates() {
  static omnibus::internal::DateTexts dates;
  return dates;
}
inline char* Put(char* at, const Id& id) { return omnibus::internal::PutUuid(at, id.uuid); }
inline char* Put(char* at, const Time& time) {
  return omnibus::internal::PutTimestamp(at, time.time, Dates());
}

inline constexpr std::size_t kTextRoom = 128;  // for either, with what they store behind it

// Quick on processors with AVX2 only; the general way elsewhere.
bool TakeId(const char* at, Id& id);                                // of 36 characters
const char* TakeTime(const char* at, const char* end, Time& time);  // up to the quote; null: none

// A whole text, behind which anything may stand.
inline bool Take(std::string_view text, Id& id) {
  return text.size() == omnibus::internal::kUuidText && TakeId(text.data(), id);
}
inline bool Take(std::string_view text, Time& time) {
  const char* const end = text.data() + text.size();
  return TakeTime(text.data(), end, time) == end;
}

}  // namespace benchmarks::model
