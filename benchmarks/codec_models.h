// The messages as whole structs, which is how other libraries see them. Uuids and times are types
// of their own here, so that a library can be told how they are written without touching ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/codec_messages.h"
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
  double amount = static_cast<double>(event.total_amount.units());
  for (int scale = event.total_amount.scale(); scale > 0; --scale) amount /= 10;
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

// Quick texts, for whoever lets its users say how a type is written.
inline omnibus::internal::DateTexts& Dates() {
  static omnibus::internal::DateTexts dates;
  return dates;
}
inline char* Put(char* at, const Id& id) { return omnibus::internal::PutUuid(at, id.uuid); }
inline char* Put(char* at, const Time& time) {
  return omnibus::internal::PutTimestamp(at, time.time, Dates());
}

// Quick on processors with AVX2 only; the general way elsewhere.
bool TakeId(const char* at, Id& id);                                // of 36 characters
const char* TakeTime(const char* at, const char* end, Time& time);  // up to the quote; null: none

}  // namespace benchmarks::model
