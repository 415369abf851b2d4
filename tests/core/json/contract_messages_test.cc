// Every message of the two contracts is read, and written again byte for byte.
#include <string>

#include "envelope/envelope_codec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/json/contract_events.h"

namespace omnibus::testing {
namespace {

struct ContractMessage {
  std::string type;
  Dialect dialect;
  std::string key;
  std::string body;  // as the document has it; the coworking document shows types only, so values
                     // are made up

  friend void PrintTo(const ContractMessage& message, std::ostream* out) { *out << message.type; }
};

// The text without the white space between its values.
std::string Compact(const std::string& text) {
  std::string compact;
  bool in_string = false;
  for (const char c : text) {
    if (c == '"') in_string = !in_string;
    if (in_string || (c != ' ' && c != '\n')) compact += c;
  }
  return compact;
}

std::string Coworking(const std::string& type, const std::string& data) {
  return R"({
  "eventId": "1f0e8a52-5b0c-4a43-9d53-0d9f3a6f7c11",
  "eventType": ")" +
         type + R"(",
  "occurredAt": "2025-01-01T12:00:00Z",
  "data": )" +
         data + "\n}";
}

const ContractMessage kMessages[] = {
    {"booking.created", Dialect::kCamel, "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
     Coworking("booking.created", R"({
    "bookingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
    "userId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d002",
    "placeId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d003",
    "startTime": "2025-01-02T09:00:00Z",
    "endTime": "2025-01-02T10:30:00.500Z"
  })")},
    {"booking.cancelled", Dialect::kCamel, "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
     Coworking("booking.cancelled", R"({
    "bookingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
    "reason": "Планы изменились"
  })")},
    {"booking.completed", Dialect::kCamel, "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
     Coworking("booking.completed", R"({
    "bookingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001"
  })")},
    {"scheduler.reminder.triggered", Dialect::kCamel, "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
     Coworking("scheduler.reminder.triggered", R"({
    "bookingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
    "userId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d002"
  })")},
    {"notification.sent", Dialect::kCamel, "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d002",
     Coworking("notification.sent", R"({
    "userId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d002",
    "channel": "email",
    "type": "booking_reminder"
  })")},
    {"analytics.booking.recorded", Dialect::kCamel, "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
     Coworking("analytics.booking.recorded", R"({
    "bookingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001",
    "coworkingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d004",
    "hour": 14
  })")},
    {"order.created", Dialect::kSnake, "10", R"({
  "event_id": "d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001",
  "occurred_at": "2025-01-01T12:00:00Z",
  "correlation_id": "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",
  "idempotency_key": "8c4be1e2-3519-4c7a-8bfa-1af7d1d80001",
  "payload": {
    "order_id": 10,
    "user_id": 1,
    "total_amount": 31.5,
    "items": [
      { "book_id": 1, "quantity": 2 },
      { "book_id": 5, "quantity": 1 }
    ],
    "status": "created"
  }
})"},
    {"stock.reserve.request", Dialect::kSnake, "10", R"({
  "event_id": "e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c002",
  "occurred_at": "2025-01-01T12:00:01Z",
  "correlation_id": "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",
  "idempotency_key": "8c4be1e2-3519-4c7a-8bfa-1af7d1d80002",
  "payload": {
    "order_id": 10,
    "user_id": 1,
    "items": [
      { "book_id": 1, "quantity": 2 },
      { "book_id": 5, "quantity": 1 }
    ]
  }
})"},
    {"stock.reserve.succeeded", Dialect::kSnake, "10", R"({
  "event_id": "f5d3c1e4-7c9b-4a1e-9f4c-0e5b14b7c003",
  "occurred_at": "2025-01-01T12:00:02Z",
  "correlation_id": "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",
  "idempotency_key": "8c4be1e2-3519-4c7a-8bfa-1af7d1d80003",
  "payload": {
    "order_id": 10,
    "items": [
      { "book_id": 1, "quantity": 2 },
      { "book_id": 5, "quantity": 1 }
    ]
  }
})"},
    {"stock.reserve.failed", Dialect::kSnake, "10", R"({
  "event_id": "a6e4c1e4-7c9b-4a1e-9f4c-0e5b14b7c004",
  "occurred_at": "2025-01-01T12:00:02Z",
  "correlation_id": "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",
  "idempotency_key": "8c4be1e2-3519-4c7a-8bfa-1af7d1d80004",
  "payload": {
    "order_id": 10,
    "reason": "not_enough_stock",
    "items": [
      { "book_id": 1, "requested": 2, "available": 0 }
    ]
  }
})"},
};

class ContractMessages : public ::testing::TestWithParam<ContractMessage> {};

TEST_P(ContractMessages, AreReadAndWrittenAgainByteForByte) {
  ReceivedMessage received;
  received.body = GetParam().body;
  if (GetParam().dialect == Dialect::kSnake) received.routing_key = GetParam().type;

  EnvelopeReader reader;
  ASSERT_EQ(reader.Open(GetParam().dialect, received, FindContractEvent), absl::OkStatus());
  EXPECT_EQ(reader.type().contract->type, GetParam().type);
  EventPointer event = NewEvent(reader.type());
  ASSERT_EQ(reader.ReadPayload(event.get()), absl::OkStatus());
  EXPECT_EQ(reader.metadata().key, GetParam().key);

  EnvelopeWriter writer;
  ASSERT_EQ(writer.Write(GetParam().dialect, Capabilities{}, reader.metadata(), reader.type(),
                         event.get()),
            absl::OkStatus());
  EXPECT_EQ(writer.message().body, Compact(GetParam().body));
  EXPECT_EQ(writer.message().key, GetParam().key);
}

INSTANTIATE_TEST_SUITE_P(Both, ContractMessages, ::testing::ValuesIn(kMessages),
                         [](const auto& message) {
                           std::string name = message.param.type;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace omnibus::testing
