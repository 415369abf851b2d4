// Foreign hands on RabbitMQ: amqp-tools and pika put messages in and read what our services make of
// them. What they see is the contract; nothing here knows how we read and write it.
#include <signal.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/foreign/foreign_client.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kUuid[] = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
// What is derived from a cause has version 5.
constexpr char kDerivedUuid[] =
    "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
constexpr char kTime[] =
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.([0-9]{3}){1,3})?Z";

constexpr char kOrderQueue[] = "bookstore.events.order-service";
constexpr char kCatalogQueue[] = "bookstore.events.catalog-service";
constexpr char kAnalyticsQueue[] = "bookstore.events.analytics-service";

// The request as the contract's owners print it, line breaks and all.
std::string ContractsRequest(const std::string& event_id, const std::string& order_id) {
  return R"({
  "event_id": ")" +
         event_id + R"(",
  "occurred_at": "2025-01-01T12:00:01Z",
  "correlation_id": "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",
  "idempotency_key": "8c4be1e2-3519-4c7a-8bfa-1af7d1d80002",
  "payload": {
    "order_id": )" +
         order_id + R"(,
    "user_id": 1,
    "items": [
      { "book_id": 1, "quantity": 2 },
      { "book_id": 5, "quantity": 1 }
    ]
  }
})";
}

class ForeignRabbitMq : public ForeignTest {
 protected:
  void SetUp() override {
    if (!CanRun({"amqp-publish", "--help"})) GTEST_SKIP() << "no amqp-tools here";
    if (!CanRun({kPython, "-c", "import pika"})) GTEST_SKIP() << "no python3-pika here";
    std::optional<PrivateBroker> broker = PrivateBroker::Start(PrivateBroker::Kind::kRabbitMq);
    if (!broker.has_value()) GTEST_SKIP() << kNoRabbitMq;
    broker_.emplace(std::move(*broker));
    std::smatch parts;
    const std::regex url("amqp://([^:]+):([^@]+)@([^:]+):([0-9]+)/");
    ASSERT_TRUE(std::regex_match(broker_->address(), parts, url)) << broker_->address();
    // The tools would take the URL's last slash for a virtual host without a name.
    tools_address_ = {"-s",         parts[3].str(), "--port",     parts[4].str(),
                      "--username", parts[1].str(), "--password", parts[2].str()};
  }

  std::string Configuration(const std::string& envelope) const {
    return Write(envelope + ".yaml", "bus: {transport: rabbitmq, envelope: " + envelope +
                                         "}\ntransports: {rabbitmq: {url: '" + broker_->address() +
                                         "'}}\nmodules: {catalog-service: {settings: {stock: ["
                                         "{book_id: 1, available: 10}, {book_id: 5, available: 3}"
                                         "]}}}\n");
  }

  std::unique_ptr<Subprocess> StartCatalog() const {
    auto service = std::make_unique<Subprocess>(
        Omnibus({"run", "catalog-service", "--config", Configuration("snake")}));
    EXPECT_TRUE(service->WaitForErrors("ready: catalog-service\n")) << service->errors();
    return service;
  }

  std::string Pika(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(),
                     {kPython, OMNIBUS_FOREIGN_CLIENTS "/rabbitmq_client.py", broker_->address()});
    return RunClient(arguments, input);
  }

  ForeignMessage TakeOne(const std::string& queue) const {
    const std::vector<ForeignMessage> taken = ParseMessages(Pika({"take", queue, "1"}));
    if (taken.size() == 1) return taken[0];
    ADD_FAILURE() << taken.size() << " messages";
    return {};
  }

  std::string Tool(std::vector<std::string> command) const {
    command.insert(command.begin() + 1, tools_address_.begin(), tools_address_.end());
    return RunClient(command);
  }

  std::optional<PrivateBroker> broker_;
  std::vector<std::string> tools_address_;
};

// The whole of an answer to the contract's request. What is chosen by the service (id, time, key)
// is taken from the message, after a look at its form; all else has to be there to the byte.
ForeignMessage ExpectedAnswer(const ForeignMessage& message, const std::string& type,
                              const std::string& cause, const std::string& order_id,
                              const std::string& payload) {
  const std::string body = Part(message, "body");
  const std::string id = Member(body, "event_id");
  const std::string time = Member(body, "occurred_at");
  const std::string key = Member(body, "idempotency_key");
  EXPECT_THAT(id, MatchesRegex(kUuid));
  EXPECT_THAT(time, MatchesRegex(kTime));
  EXPECT_THAT(key, MatchesRegex(kDerivedUuid));
  const std::string correlation_id = "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001";
  return {{"exchange", "bookstore.events"},
          {"routing_key", type},
          {"property content_type", "application/json"},
          {"property delivery_mode", "2"},
          {"property type", type},
          {"property message_id", id},
          {"property correlation_id", correlation_id},
          {"header partition_key", order_id},
          {"header causation_id", cause},
          {"body", "{\"event_id\":\"" + id + "\",\"occurred_at\":\"" + time +
                       "\",\"correlation_id\":\"" + correlation_id + "\",\"idempotency_key\":\"" +
                       key + "\",\"payload\":" + payload + "}"}};
}

TEST_F(ForeignRabbitMq, ARequestOfAmqpToolsIsAnsweredToThem) {
  const std::string cause = "e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c002";
  const std::string request = ContractsRequest(cause, "10");
  const std::vector<std::string> publish = {
      "amqp-publish", "-e", "bookstore.events", "-r", "stock.reserve.request", "-p", "-b", request};
  std::unique_ptr<Subprocess> catalog = StartCatalog();
  Tool(publish);

  const ForeignMessage answer = TakeOne(kOrderQueue);
  EXPECT_EQ(
      answer,
      ExpectedAnswer(
          answer, "stock.reserve.succeeded", cause, "10",
          R"({"order_id":10,"items":[{"book_id":1,"quantity":2},{"book_id":5,"quantity":1}]})"));

  // Analytics hears the request, as it was written, and the same bytes of the answer.
  EXPECT_EQ(Tool({"amqp-get", "-q", kAnalyticsQueue}), request);
  EXPECT_EQ(Tool({"amqp-get", "-q", kAnalyticsQueue}), Part(answer, "body"));

  // Its key again: the effect is taken already. What is answered next is another request's answer.
  Tool({"amqp-publish", "-e", "bookstore.events", "-r", "stock.reserve.request", "-p", "-b",
        ContractsRequest("e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c0ff", "10")});
  std::string other = ContractsRequest("e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c00a", "11");
  other.replace(other.find("1af7d1d80002"), 12, "1af7d1d8000b");
  Pika({"publish", "bookstore.events", "stock.reserve.request"}, other);
  const ForeignMessage next = TakeOne(kOrderQueue);
  EXPECT_EQ(Part(next, "header partition_key"), "11");
  EXPECT_EQ(Part(next, "header causation_id"), "e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c00a");

  // A service that has to do it once more, since it forgot, names the effect as it did before.
  catalog->Signal(SIGTERM);
  EXPECT_EQ(catalog->Wait(), 0) << catalog->errors();
  EXPECT_EQ(Pika({"count", kCatalogQueue}), "0\n");
  catalog = StartCatalog();
  Tool(publish);
  const ForeignMessage again = TakeOne(kOrderQueue);
  EXPECT_EQ(Member(Part(again, "body"), "idempotency_key"),
            Member(Part(answer, "body"), "idempotency_key"));
  EXPECT_NE(Part(again, "property message_id"), Part(answer, "property message_id"));
}

TEST_F(ForeignRabbitMq, AMessagePutStraightIntoTheQueueIsReadByItsTypeInWhateverForm) {
  const std::unique_ptr<Subprocess> catalog = StartCatalog();
  // Exchange and queues are just what the contract says: others may declare them too.
  for (const char* queue : {kCatalogQueue, kOrderQueue, kAnalyticsQueue}) {
    Pika({"declare", "bookstore.events", queue});
  }

  const std::string lenient =
      "\r\n{\t\"payload\" : {\"user_id\":1, \"gift\":{\"wrap\":[true,null]}, \"items\":"
      "[{\"quantity\":2,\"book_id\":1},{\"book_id\":7,\"quantity\":1},{\"book_id\":1,"
      "\"quantity\":9}], \"order_id\":12}, \"idempotency_key\":"
      "\"8C4BE1E2-3519-4C7A-8BFA-1AF7D1D80003\", \"correlation_id\":"
      "\"40F4F9A8-0c92-4d4a-9e46-b6bb4c0f0001\",\"occurred_at\":\"2025-01-01t15:00:01.5+03:00\", "
      "\"version\": 3, \"event_id\":\"E4C2C1E4-7c9b-4a1e-9f4c-0e5b14b7c003\"}\n";
  Pika({"publish", "", kCatalogQueue, "property:type=stock.reserve.request",
        // The body wins.
        "property:correlation_id=11111111-1111-4111-8111-111111111111",
        "property:message_id=no-uuid", "header:idempotency_key=rubbish"},
       lenient);
  const ForeignMessage failed = TakeOne(kOrderQueue);
  EXPECT_EQ(failed, ExpectedAnswer(failed, "stock.reserve.failed",
                                   "e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c003", "12",
                                   R"({"order_id":12,"reason":"not_enough_stock","items":[)"
                                   R"({"book_id":1,"requested":11,"available":10},)"
                                   R"({"book_id":7,"requested":1,"available":0}]})"));

  const std::string cause = "e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c004";
  Pika({"publish", "", kCatalogQueue, "header:event_type=stock.reserve.request"},
       ContractsRequest(cause, "9223372036854775807"));
  const ForeignMessage succeeded = TakeOne(kOrderQueue);
  EXPECT_EQ(succeeded,
            ExpectedAnswer(succeeded, "stock.reserve.succeeded", cause, "9223372036854775807",
                           R"({"order_id":9223372036854775807,"items":[)"
                           R"({"book_id":1,"quantity":2},{"book_id":5,"quantity":1}]})"));
}

TEST_F(ForeignRabbitMq, WhatCannotBeHandledIsADeadLetterWithAllThatItHad) {
  const std::unique_ptr<Subprocess> catalog = StartCatalog();
  const std::string dead = std::string(kCatalogQueue) + ".dead";
  Pika({"declare", "bookstore.events", dead});

  std::string undecodable = ContractsRequest("e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c005", "13");
  undecodable.replace(undecodable.find("\"quantity\": 1 "), 13, "\"quantity\": \"two\"");
  Pika({"publish", "bookstore.events", "stock.reserve.request",
        "property:type=stock.reserve.request", "property:message_id=theirs-1",
        "property:correlation_id=theirs-2", "header:partition_key=13", "header:origin=tills",
        "header:traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
       undecodable);
  ForeignMessage letter = TakeOne(dead);
  EXPECT_THAT(Part(letter, "header dead_first_failed_at"), MatchesRegex(kTime));
  EXPECT_EQ(Part(letter, "header dead_last_failed_at"),
            Part(letter, "header dead_first_failed_at"));
  letter.erase("header dead_first_failed_at");
  letter.erase("header dead_last_failed_at");
  std::string spelled = undecodable;
  for (std::size_t at = 0; (at = spelled.find('\n', at)) != std::string::npos; ++at) {
    spelled.replace(at, 1, "\\n");
  }
  EXPECT_EQ(
      letter,
      (ForeignMessage{
          {"exchange", ""},
          {"routing_key", dead},
          {"property content_type", "application/json"},
          {"property delivery_mode", "2"},
          {"property type", "stock.reserve.request"},
          {"property message_id", "theirs-1"},
          {"property correlation_id", "theirs-2"},
          {"header partition_key", "13"},
          {"header origin", "tills"},
          {"header traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
          {"header dead_channel", "bookstore.events"},
          {"header dead_module", "catalog-service"},
          {"header dead_reason", "undecodable"},
          {"header dead_detail", "payload.items[1].quantity: expected an integer, found \"two\""},
          {"header dead_attempts", "0"},
          {"body", spelled}}));

  Pika({"publish", "bookstore.events", "stock.reserve.request"},
       std::string("\xff\xfe\0 no JSON", 11));
  const ForeignMessage bytes = TakeOne(dead);
  EXPECT_EQ(Part(bytes, "body"), std::string("\\xff\\xfe\0 no JSON", 17));
  EXPECT_EQ(Part(bytes, "header dead_reason"), "undecodable");
  EXPECT_EQ(Part(bytes, "property type"), "stock.reserve.request");

  // What it means is wrong, not how it is written: the service refuses it, once.
  std::string negative = ContractsRequest("e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c006", "14");
  negative.replace(negative.find("\"quantity\": 1 "), 13, "\"quantity\": -1");
  Pika({"publish", "bookstore.events", "stock.reserve.request"}, negative);
  const ForeignMessage refused = TakeOne(dead);
  EXPECT_EQ(Part(refused, "header dead_reason"), "INVALID_ARGUMENT");
  EXPECT_THAT(Part(refused, "header dead_detail"), HasSubstr("payload.items[1].quantity"));
  EXPECT_EQ(Part(refused, "header dead_attempts"), "1");
  EXPECT_EQ(Member(Part(refused, "body"), "event_id"), "e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c006");

  // None of them stopped the next one.
  Pika({"publish", "bookstore.events", "stock.reserve.request"},
       ContractsRequest("e4c2c1e4-7c9b-4a1e-9f4c-0e5b14b7c007", "15"));
  EXPECT_EQ(Part(TakeOne(kOrderQueue), "header partition_key"), "15");
  EXPECT_EQ(Pika({"count", dead}), "0\n");
}

TEST_F(ForeignRabbitMq, WhatWePublishIsReadByOthersInEitherDialect) {
  const auto publish = [this](const std::string& envelope) {
    return RunClient(Omnibus({"publish", "order.created", "--config", Configuration(envelope),
                              "--correlation-id", "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",
                              "--idempotency-key", "8c4be1e2-3519-4c7a-8bfa-1af7d1d80001", "--data",
                              R"({"order_id":10,"user_id":1,"total_amount":31.50,)"
                              R"("items":[{"book_id":1,"quantity":2}],"status":"created"})"}));
  };
  const auto expected = [](const std::string& id, const std::string& body) {
    return ForeignMessage{{"exchange", "bookstore.events"},
                          {"routing_key", "order.created"},
                          {"property content_type", "application/json"},
                          {"property delivery_mode", "2"},
                          {"property type", "order.created"},
                          {"property message_id", id},
                          {"property correlation_id", "40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001"},
                          {"header partition_key", "10"},
                          {"body", body}};
  };

  // Nobody has ever consumed: the message waits in the queue of the one whom the contract names.
  std::string id = publish("snake").substr(0, 36);
  const ForeignMessage snake = TakeOne(kAnalyticsQueue);
  EXPECT_THAT(Member(Part(snake, "body"), "occurred_at"), MatchesRegex(kTime));
  EXPECT_EQ(snake,
            expected(id, "{\"event_id\":\"" + id + "\",\"occurred_at\":\"" +
                             Member(Part(snake, "body"), "occurred_at") +
                             R"(","correlation_id":"40f4f9a8-0c92-4d4a-9e46-b6bb4c0f0001",)"
                             R"("idempotency_key":"8c4be1e2-3519-4c7a-8bfa-1af7d1d80001",)"
                             R"("payload":{"order_id":10,"user_id":1,"total_amount":31.5,)"
                             R"("items":[{"book_id":1,"quantity":2}],"status":"created"}})"));

  id = publish("camel").substr(0, 36);
  const ForeignMessage camel = TakeOne(kAnalyticsQueue);
  ForeignMessage whole =
      expected(id, "{\"eventId\":\"" + id + R"(","eventType":"order.created","occurredAt":")" +
                       Member(Part(camel, "body"), "occurredAt") +
                       R"(","data":{"orderId":10,"userId":1,"totalAmount":31.5,)"
                       R"("items":[{"bookId":1,"quantity":2}],"status":"created"}})");
  // What the body has no room for.
  whole["header idempotency_key"] = "8c4be1e2-3519-4c7a-8bfa-1af7d1d80001";
  EXPECT_EQ(camel, whole);
}

}  // namespace
}  // namespace omnibus::testing
