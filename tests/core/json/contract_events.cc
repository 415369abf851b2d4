#include "tests/core/json/contract_events.h"

#include "omnibus/codec.h"

namespace omnibus {

template struct Codec<testing::BookingCreated>;
template struct Codec<testing::BookingCancelled>;
template struct Codec<testing::BookingCompleted>;
template struct Codec<testing::ReminderTriggered>;
template struct Codec<testing::NotificationSent>;
template struct Codec<testing::BookingRecorded>;
template struct Codec<testing::OrderCreated>;
template struct Codec<testing::StockReserveRequest>;
template struct Codec<testing::StockReserveSucceeded>;
template struct Codec<testing::StockReserveFailed>;

namespace testing {

std::vector<const EventType*> ContractEvents() {
  return EventTypesOf<BookingCreated, BookingCancelled, BookingCompleted, ReminderTriggered,
                      NotificationSent, BookingRecorded, OrderCreated, StockReserveRequest,
                      StockReserveSucceeded, StockReserveFailed>();
}

const EventType* FindContractEvent(std::string_view type) {
  for (const EventType* each : ContractEvents()) {
    if (each->contract->type == type) return each;
  }
  return nullptr;
}

}  // namespace testing
}  // namespace omnibus
