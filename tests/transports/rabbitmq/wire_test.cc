// What is on the wire, seen by a client that is not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/transports/rabbitmq/rabbitmq_test.h"
#include "tests/transports/rabbitmq/raw_client.h"

namespace omnibus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class RabbitMqWire : public RabbitMqTest {};

TEST_F(RabbitMqWire, AChannelsMessageHasTheContractsProperties) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  const std::array<HeaderView, 2> headers = {HeaderView{"traceparent", "00-ab"},
                                             HeaderView{"empty", ""}};
  OutgoingMessage message = Message(channel, "{\"a\":1}", "order-7");
  message.id = "id-1";
  message.correlation_id = "corr-1";
  message.headers = headers;
  ASSERT_EQ(Publish(*producer, message), absl::OkStatus());

  const auto raw = RawClient(options_.url).Get(channel + ".billing");
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(raw->body, "{\"a\":1}");
  EXPECT_EQ(raw->routing_key, "thing.happened");
  EXPECT_EQ(raw->type, "thing.happened");
  EXPECT_EQ(raw->id, "id-1");
  EXPECT_EQ(raw->correlation_id, "corr-1");
  EXPECT_EQ(raw->content_type, "application/json");
  EXPECT_EQ(raw->delivery_mode, 2);
  EXPECT_THAT(raw->headers, ElementsAre(Pair("empty", ""), Pair("partition_key", "order-7"),
                                        Pair("traceparent", "00-ab")));
}

TEST_F(RabbitMqWire, WhatIsEmptyIsLeftOut) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  ASSERT_EQ(Publish(*OpenProducer(), Message(channel, "")), absl::OkStatus());

  const auto raw = RawClient(options_.url).Get(channel + ".billing");
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(raw->body, "");
  EXPECT_EQ(raw->id, std::nullopt);
  EXPECT_EQ(raw->correlation_id, std::nullopt);
  EXPECT_THAT(raw->headers, IsEmpty());
}

TEST_F(RabbitMqWire, AQueuesMessageGoesToTheQueueByItsName) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  OutgoingMessage message = Message(channel + ".billing.dead", "dead", "k");
  std::string name = channel + ".billing.dead";
  message.channel = name;
  message.destination = Destination::kQueue;
  ASSERT_EQ(Publish(*OpenProducer(), message), absl::OkStatus());

  const auto raw = RawClient(options_.url).Get(name);
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(raw->routing_key, name);
  EXPECT_EQ(raw->type, "thing.happened");
}

TEST_F(RabbitMqWire, BytesPropertiesHeadersAndKeyComeBackAsTheyWere) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  const auto producer = OpenProducer();
  const auto consumer = Join(channel, "billing");
  std::vector<HeaderView> headers = {
      {"empty", ""}, {"odd", "\xc3\xa9\n\"\xf0\x9f\x98\x80"}, {"Case", "a"}, {"case", "b"}};
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("header-" + std::to_string(i));
  for (const std::string& name : names) headers.push_back({name, name});

  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const std::string large(3'000'000, '\xff');  // many frames
  for (const std::string& body : {std::string(), std::string(1, '\0'), all_bytes, large}) {
    OutgoingMessage message = Message(channel, body, "key/\xc3\xbc");
    message.id = "an id";
    message.correlation_id = "a chain";
    message.headers = headers;
    ASSERT_EQ(Publish(*producer, message), absl::OkStatus());
    const auto received = Receive(*consumer, 1);
    ASSERT_EQ(received.size(), 1u);
    const ReceivedMessage& back = received.front();
    EXPECT_EQ(back.channel, channel);
    EXPECT_EQ(back.routing_key, "thing.happened");
    EXPECT_EQ(back.type, "thing.happened");
    EXPECT_EQ(back.key, "key/\xc3\xbc");
    EXPECT_EQ(back.id, "an id");
    EXPECT_EQ(back.correlation_id, "a chain");
    EXPECT_TRUE(back.body == body) << "a body of " << body.size() << " bytes";
    EXPECT_FALSE(back.redelivered);
    EXPECT_EQ(back.partition, -1);
    EXPECT_EQ(back.offset, -1);
    ASSERT_EQ(back.headers.size(), headers.size());
    for (std::size_t i = 0; i < headers.size(); ++i) {
      EXPECT_EQ(back.headers[i].name, headers[i].name);
      EXPECT_EQ(back.headers[i].value, headers[i].value);
    }
    EXPECT_EQ(Settle(*consumer, back), 0u);
  }
}

TEST_F(RabbitMqWire, ForeignHeadersBecomeTextWhereTheyCan) {
  const std::string channel = Name("events");
  Declare(channel, {"billing"});
  std::array<amqp_table_entry_t, 4> entries{};
  entries[0].key = amqp_cstring_bytes("count");
  entries[0].value.kind = AMQP_FIELD_KIND_I32;
  entries[0].value.value.i32 = -42;
  entries[1].key = amqp_cstring_bytes("flag");
  entries[1].value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entries[1].value.value.boolean = 1;
  entries[2].key = amqp_cstring_bytes("table");
  entries[2].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[2].value.value.table = amqp_empty_table;
  entries[3].key = amqp_cstring_bytes("partition_key");
  entries[3].value.kind = AMQP_FIELD_KIND_I64;
  entries[3].value.value.i64 = 7;
  const amqp_table_t table{static_cast<int>(entries.size()), entries.data()};
  RawMessage foreign;
  foreign.body = "{}";
  RawClient(options_.url).Publish(channel, "thing.happened", foreign, &table);

  const auto received = Receive(*Join(channel, "billing"), 1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].type, "");
  EXPECT_EQ(received[0].key, "7");
  ASSERT_EQ(received[0].headers.size(), 2u);
  EXPECT_EQ(received[0].headers[0].name, "count");
  EXPECT_EQ(received[0].headers[0].value, "-42");
  EXPECT_EQ(received[0].headers[1].name, "flag");
  EXPECT_EQ(received[0].headers[1].value, "true");
}

}  // namespace
}  // namespace omnibus::testing
