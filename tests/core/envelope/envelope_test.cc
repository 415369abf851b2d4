#include "omnibus/envelope.h"

#include <string>
#include <vector>

#include "envelope/envelope_codec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/json/contract_events.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Uuid U(std::string_view last) {
  return *ParseUuid("00000000-0000-4000-8000-0000000000" + std::string(last));
}

std::vector<NamedValue> Headers(const OutgoingMessage& message) {
  std::vector<NamedValue> headers;
  for (const HeaderView& each : message.headers) {
    headers.push_back({std::string(each.name), std::string(each.value)});
  }
  return headers;
}

NamedValue Id(std::string name, std::string_view last) {
  return {std::move(name), ToString(U(last))};
}

class Envelope : public ::testing::Test {
 protected:
  Envelope() {
    metadata_.id = U("01");
    metadata_.occurred_at = *ParseTimestamp("2025-01-01T12:00:00Z");
    metadata_.correlation_id = U("02");
    metadata_.idempotency_key = U("03");
  }

  const OutgoingMessage& Write(Dialect dialect, bool properties) {
    const BookingCompleted event = {U("0b")};
    EXPECT_EQ(writer_.Write(dialect, Capabilities{.properties = properties}, metadata_,
                            EventTypeOf<BookingCompleted>(), &event),
              absl::OkStatus());
    return writer_.message();
  }

  absl::Status Open(Dialect dialect) { return reader_.Open(dialect, received_, FindContractEvent); }

  absl::Status Read(Dialect dialect) {
    const absl::Status status = Open(dialect);
    if (!status.ok()) return status;
    EventPointer event = NewEvent(reader_.type());
    return reader_.ReadPayload(event.get());
  }

  Metadata metadata_;
  EnvelopeWriter writer_;
  ReceivedMessage received_;
  EnvelopeReader reader_;
};

const std::string kCamelBody =
    R"({"eventId":"00000000-0000-4000-8000-000000000001","eventType":"booking.completed",)"
    R"("occurredAt":"2025-01-01T12:00:00Z",)"
    R"("data":{"bookingId":"00000000-0000-4000-8000-00000000000b"}})";
const std::string kSnakeBody =
    R"({"event_id":"00000000-0000-4000-8000-000000000001","occurred_at":"2025-01-01T12:00:00Z",)"
    R"("correlation_id":"00000000-0000-4000-8000-000000000002",)"
    R"("idempotency_key":"00000000-0000-4000-8000-000000000003",)"
    R"("payload":{"booking_id":"00000000-0000-4000-8000-00000000000b"}})";

TEST_F(Envelope, CamelCarriesInHeadersWhatItsBodyLacks) {
  const OutgoingMessage& message = Write(Dialect::kCamel, /*properties=*/false);
  EXPECT_EQ(message.body, kCamelBody);
  EXPECT_EQ(message.channel, "booking.events");
  EXPECT_EQ(message.type, "booking.completed");
  EXPECT_EQ(message.key, ToString(U("0b")));
  EXPECT_EQ(message.id, ToString(U("01")));
  EXPECT_THAT(Headers(message),
              ElementsAre(Id("correlation_id", "02"), Id("idempotency_key", "03")));
}

TEST_F(Envelope, CamelLeavesToPropertiesWhatTheyHaveRoomFor) {
  const OutgoingMessage& message = Write(Dialect::kCamel, /*properties=*/true);
  EXPECT_EQ(message.body, kCamelBody);
  EXPECT_EQ(message.correlation_id, ToString(U("02")));
  EXPECT_THAT(Headers(message), ElementsAre(Id("idempotency_key", "03")));
}

TEST_F(Envelope, SnakeNeedsAHeaderForTheTypeAlone) {
  const OutgoingMessage& message = Write(Dialect::kSnake, /*properties=*/false);
  EXPECT_EQ(message.body, kSnakeBody);
  EXPECT_THAT(Headers(message), ElementsAre(NamedValue{"event_type", "booking.completed"}));
}

TEST_F(Envelope, SnakeNeedsNoHeaderBesideProperties) {
  const OutgoingMessage& message = Write(Dialect::kSnake, /*properties=*/true);
  EXPECT_EQ(message.body, kSnakeBody);
  EXPECT_THAT(Headers(message), IsEmpty());
}

TEST_F(Envelope, HeadersCarryCauseTraceAndTheApplicationsOwn) {
  metadata_.causation_id = U("04");
  metadata_.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  metadata_.headers = {{"tenant", "north"}, {"empty", ""}};
  const OutgoingMessage& message = Write(Dialect::kSnake, /*properties=*/true);
  EXPECT_THAT(
      Headers(message),
      ElementsAre(Id("causation_id", "04"), NamedValue{"traceparent", metadata_.traceparent},
                  NamedValue{"tenant", "north"}, NamedValue{"empty", ""}));
}

TEST_F(Envelope, AGivenKeyWinsOverTheContracts) {
  metadata_.key = "mine";
  EXPECT_EQ(Write(Dialect::kSnake, true).key, "mine");
}

TEST_F(Envelope, AnApplicationHeaderMayNotTakeTheEnvelopesNameNorAnothersNorNone) {
  const BookingCompleted event = {};
  const auto error = [&](std::vector<NamedValue> headers) {
    metadata_.headers = std::move(headers);
    return writer_.Write(Dialect::kSnake, Capabilities{}, metadata_,
                         EventTypeOf<BookingCompleted>(), &event);
  };
  EXPECT_EQ(error({{"correlation_id", "x"}}),
            absl::InvalidArgumentError(
                "headers.correlation_id: the envelope's own header: choose another name"));
  EXPECT_EQ(error({{"a", "x"}, {"a", "y"}}), absl::InvalidArgumentError("headers.a: given twice"));
  EXPECT_EQ(error({{"", "x"}}), absl::InvalidArgumentError("headers.: a header needs a name"));
}

TEST_F(Envelope, APayloadThatJsonCannotHoldIsAnErrorWithItsPath) {
  const BookingCancelled event = {U("0b"), "\xff"};
  EXPECT_EQ(writer_.Write(Dialect::kCamel, Capabilities{}, metadata_,
                          EventTypeOf<BookingCancelled>(), &event),
            absl::InvalidArgumentError(R"(data.reason: expected UTF-8, found "\xff")"));
}

TEST_F(Envelope, EverythingThatWasWrittenIsReadAgain) {
  metadata_.causation_id = U("04");
  metadata_.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  metadata_.key = "mine";
  metadata_.headers = {{"tenant", "north"}};
  metadata_.type = "booking.completed";
  for (const Dialect dialect : {Dialect::kCamel, Dialect::kSnake}) {
    for (const bool properties : {false, true}) {
      const OutgoingMessage& message = Write(dialect, properties);
      ReceivedMessage received;
      received.body = message.body;
      received.key = message.key;
      for (const HeaderView& header : message.headers) received.headers.push_back(header);
      if (properties) {
        received.routing_key = received.type = message.type;
        received.id = message.id;
        received.correlation_id = message.correlation_id;
      }
      ASSERT_EQ(reader_.Open(dialect, received, FindContractEvent), absl::OkStatus());
      EventPointer event = NewEvent(reader_.type());
      ASSERT_EQ(reader_.ReadPayload(event.get()), absl::OkStatus());
      EXPECT_EQ(reader_.metadata(), metadata_) << DialectName(dialect) << properties;
    }
  }
}

TEST_F(Envelope, CamelWithoutHeadersHasItsIdForBoth) {
  received_.body = kCamelBody;
  ASSERT_EQ(Read(Dialect::kCamel), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().correlation_id, U("01"));
  EXPECT_EQ(reader_.metadata().idempotency_key, U("01"));
  EXPECT_EQ(reader_.metadata().causation_id, std::nullopt);
}

TEST_F(Envelope, HeadersThatCannotBeReadCountAsAbsent) {
  received_.body = kCamelBody;
  received_.headers = {{"correlation_id", "x"}, {"idempotency_key", ""}, {"causation_id", "\xff"}};
  ASSERT_EQ(Read(Dialect::kCamel), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().correlation_id, U("01"));
  EXPECT_EQ(reader_.metadata().idempotency_key, U("01"));
  EXPECT_EQ(reader_.metadata().causation_id, std::nullopt);
  EXPECT_THAT(reader_.metadata().headers, IsEmpty());
}

TEST_F(Envelope, TheBodyWinsOverHeadersAndProperties) {
  const std::string other = ToString(U("99"));
  received_.body = kSnakeBody;
  received_.routing_key = "booking.completed";
  received_.id = received_.correlation_id = other;
  received_.headers = {{"correlation_id", other}, {"idempotency_key", other}};
  ASSERT_EQ(Read(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().id, U("01"));
  EXPECT_EQ(reader_.metadata().correlation_id, U("02"));
  EXPECT_EQ(reader_.metadata().idempotency_key, U("03"));

  received_.body = kCamelBody;
  received_.routing_key = received_.type = "booking.created";
  ASSERT_EQ(Read(Dialect::kCamel), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().type, "booking.completed");
}

TEST_F(Envelope, ThePropertyWinsOverTheHeader) {
  const std::string property = ToString(U("05"));
  const std::string header = ToString(U("06"));
  received_.body = kCamelBody;
  received_.correlation_id = property;
  received_.headers = {{"correlation_id", header}};
  ASSERT_EQ(Read(Dialect::kCamel), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().correlation_id, U("05"));
}

TEST_F(Envelope, SnakeFindsItsTypeInTheRoutingKeyThePropertyOrTheHeader) {
  received_.body = kSnakeBody;
  received_.routing_key = "booking.completed";
  received_.type = "booking.created";
  ASSERT_EQ(Open(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().type, "booking.completed");

  received_.routing_key = "bookstore.events.catalog-service";  // put straight into a queue
  ASSERT_EQ(Open(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().type, "booking.created");

  received_.type = "";
  received_.headers = {{"event_type", "booking.completed"}};
  ASSERT_EQ(Open(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().type, "booking.completed");
}

TEST_F(Envelope, ATypeThatNobodyDeclaredIsToldApartFromMalformed) {
  received_.body = kSnakeBody;
  received_.routing_key = "order.shipped";
  EXPECT_EQ(
      Open(Dialect::kSnake),
      absl::NotFoundError(R"((message): expected a declared event type, found "order.shipped")"));
  EXPECT_EQ(reader_.metadata().type, "order.shipped");
  EXPECT_EQ(reader_.metadata().id, U("01"));

  received_.routing_key = "";
  EXPECT_EQ(Open(Dialect::kSnake),
            absl::InvalidArgumentError(
                "(message): has no event type: no routing key, no type property, no "
                "event_type header"));
}

TEST_F(Envelope, TheKeyIsTheMessagesOrTheHeadersOrTheContracts) {
  received_.body = kSnakeBody;
  received_.routing_key = "booking.completed";
  ASSERT_EQ(Read(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().key, ToString(U("0b")));

  received_.headers = {{"partition_key", "header"}};
  ASSERT_EQ(Read(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().key, "header");

  received_.key = "message";
  ASSERT_EQ(Read(Dialect::kSnake), absl::OkStatus());
  EXPECT_EQ(reader_.metadata().key, "message");
}

TEST_F(Envelope, DialectsHaveNames) {
  EXPECT_EQ(*ParseDialect("camel"), Dialect::kCamel);
  EXPECT_EQ(*ParseDialect(DialectName(Dialect::kSnake)), Dialect::kSnake);
  EXPECT_EQ(ParseDialect("Camel").status(),
            absl::InvalidArgumentError(R"(expected an envelope, camel or snake, found "Camel")"));
}

}  // namespace
}  // namespace omnibus::testing
