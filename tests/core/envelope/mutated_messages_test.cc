// Whatever bytes arrive: no crash, and what is taken can be written and read again.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "envelope/envelope_codec.h"
#include "gtest/gtest.h"
#include "tests/core/json/contract_events.h"
#include "tests/core/json/mutation.h"

namespace omnibus::testing {
namespace {

const std::string kMessages[] = {
    R"({"event_id":"d3a2c1e4-7c9b-4a1e-9f4c-0e5b14b7c001","occurred_at":"2025-01-01T12:00:00.5+03:00","correlation_id":"40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001","idempotency_key":"8c4be1e2-3519-4c7a-8bfa-1af7d1d80001","payload":{"order_id":10,"user_id":1,"total_amount":31.50e0,"items":[{"book_id":1,"quantity":2},{"book_id":5,"quantity":1}],"status":"created","more":[{"a":["\u00e4\ud83d\ude00",-1.5e-3,null,true]},{}]}})",
    R"({ "data": { "bookingId": "0b9d6c1e-3d0f-4b57-8f7e-2f54c6a7d001", "reason": "\"\u0000\\ и" }, "eventId": "1f0e8a52-5b0c-4a43-9d53-0d9f3a6f7c11", "event_id": "1f0e8a52-5b0c-4a43-9d53-0d9f3a6f7c11", "eventType": "booking.cancelled", "occurredAt": "2016-12-31T23:59:60Z" })",
};

// Each round is 20 microseconds or so.
constexpr std::int64_t kRounds = 200'000;

TEST(MutatedMessages, AreRefusedOrReadAlikeTwice) {
  std::mt19937_64 random(20250101);
  EnvelopeReader reader;
  EnvelopeReader again;
  EnvelopeWriter writer;
  const std::int64_t rounds = Mutations(kRounds);
  std::int64_t taken = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const Dialect dialect = round % 2 == 0 ? Dialect::kSnake : Dialect::kCamel;
    const std::string text = Mutated(kMessages[round % 2], random);
    const std::vector<char> exact(text.begin(), text.end());
    ReceivedMessage message;
    message.body = std::string_view(exact.data(), exact.size());
    message.routing_key = "order.created";
    const absl::Status opened = reader.Open(dialect, message, FindContractEvent);
    if (!opened.ok()) {
      ASSERT_FALSE(opened.message().empty());
      continue;
    }
    EventPointer event = NewEvent(reader.type());
    if (!reader.ReadPayload(event.get()).ok()) continue;
    ++taken;

    ASSERT_EQ(writer.Write(dialect, Capabilities{}, reader.metadata(), reader.type(), event.get()),
              absl::OkStatus());
    message.body = writer.message().body;
    ASSERT_EQ(again.Open(dialect, message, FindContractEvent), absl::OkStatus()) << text;
    EventPointer copy = NewEvent(again.type());
    ASSERT_EQ(again.ReadPayload(copy.get()), absl::OkStatus()) << text;
    ASSERT_TRUE(reader.type().equal(event.get(), copy.get())) << text;
    ASSERT_EQ(reader.metadata().occurred_at, again.metadata().occurred_at);
  }
  EXPECT_GT(taken, rounds / 100);
  EXPECT_LT(taken, rounds * 9 / 10);
}

}  // namespace
}  // namespace omnibus::testing
