// The bookstore's front doors, asked by curl over a real socket.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domains/bookstore/analytics_service.h"
#include "domains/bookstore/catalog_service.h"
#include "domains/bookstore/order_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/curl.h"
#include "tests/domains/support/service_bench.h"

namespace bookstore {
namespace {

using domain_testing::Curl;
using domain_testing::CurlReply;
using domain_testing::Id;
using domain_testing::Sent;
using domain_testing::ServiceBench;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kAnyPort[] = "127.0.0.1:0";

class OrderDoorTest : public ::testing::Test {
 protected:
  CurlReply Post(const std::string& body, const std::vector<std::string>& headers = {}) {
    return Curl("POST", service_.http_port(), "/orders", body, headers);
  }
  CurlReply Get(const std::string& path) { return Curl("GET", service_.http_port(), path); }

  std::shared_ptr<OrderStore> store_ = MakeMemoryOrderStore();
  OrderService service_{{.http = kAnyPort,
                         .prices = {{1, omnibus::Decimal::FromUnits(105, 1)},
                                    {5, omnibus::Decimal::FromUnits(105, 1)}}},
                        store_};
  ServiceBench bench_{service_};
};

TEST_F(OrderDoorTest, AnOrderIsCreated) {
  const CurlReply reply =
      Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2},{"book_id":5,"quantity":1}]})");
  EXPECT_EQ(reply.status, 201);
  ASSERT_EQ(store_->List()->size(), 1u);
  const std::string id = absl::StrCat((*store_->List())[0].order_id);
  EXPECT_EQ(reply.body, "{\"order_id\":" + id + ",\"total_amount\":31.5,\"status\":\"created\"}");
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_EQ(reply.headers.at("location"), "/orders/" + id);
  EXPECT_EQ(bench_.TakeTries().size(), 2u);
}

TEST_F(OrderDoorTest, AnOrderShowsItsStatusAsItChanges) {
  ASSERT_EQ(Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})").status, 201);
  const std::int64_t id = (*store_->List())[0].order_id;
  const CurlReply created = Get(absl::StrCat("/orders/", id));
  EXPECT_EQ(created.status, 200);
  EXPECT_EQ(created.body, absl::StrCat("{\"order_id\":", id,
                                       ",\"user_id\":1,\"items\":[{\"book_id\":1,\"quantity\":2}],"
                                       "\"total_amount\":21,\"status\":\"created\"}"));
  ASSERT_TRUE(bench_.Deliver(StockReserveSucceeded{id, {{1, 2}}}).ok());
  EXPECT_THAT(Get(absl::StrCat("/orders/", id)).body, HasSubstr("\"status\":\"confirmed\""));

  ASSERT_EQ(Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})").status, 201);
  const std::int64_t other = (*store_->List())[1].order_id;
  ASSERT_TRUE(bench_.Deliver(StockReserveFailed{other, {}, {{1, 2, 0}}}).ok());
  EXPECT_THAT(Get(absl::StrCat("/orders/", other)).body, HasSubstr("\"status\":\"rejected\""));
}

TEST_F(OrderDoorTest, TheCorrelationIdIsTakenGivenBackAndPublished) {
  const std::string id = omnibus::ToString(Id(7));
  const CurlReply reply =
      Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})", {"X-Correlation-Id: " + id});
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.headers.at("x-correlation-id"), id);
  for (const Sent& sent : bench_.TakeTries()) EXPECT_EQ(sent.options.correlation_id, Id(7));
}

TEST_F(OrderDoorTest, WithoutACorrelationIdANewChainBegins) {
  const CurlReply reply = Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})");
  const std::vector<Sent> tries = bench_.TakeTries();
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_EQ(reply.headers.at("x-correlation-id"),
            omnibus::ToString(*tries[0].options.correlation_id));
  EXPECT_EQ(tries[0].options.correlation_id, tries[1].options.correlation_id);
}

TEST_F(OrderDoorTest, ACorrelationIdThatIsNoUuidIsRefused) {
  const CurlReply reply =
      Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})", {"X-Correlation-Id: 42"});
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  EXPECT_THAT(bench_.TakeTries(), IsEmpty());
}

TEST_F(OrderDoorTest, WrongOrdersAreProblemsThatNameTheField) {
  const struct {
    std::string body;
    std::string field;
  } cases[] = {
      {R"({"items":[{"book_id":1,"quantity":2}]})", "user_id"},
      {R"({"user_id":"one","items":[{"book_id":1,"quantity":2}]})", "user_id"},
      {R"({"user_id":-1,"items":[{"book_id":1,"quantity":2}]})", "user_id"},
      {R"({"user_id":1})", "items"},
      {R"({"user_id":1,"items":[]})", "items"},
      {R"({"user_id":1,"items":[{"book_id":1,"quantity":"two"}]})", "items[0].quantity"},
      {R"({"user_id":1,"items":[{"book_id":1,"quantity":2.0}]})", "items[0].quantity"},
      {R"({"user_id":1,"items":[{"book_id":1,"quantity":1},{"book_id":1,"quantity":0}]})",
       "items[1].quantity"},
      {R"({"user_id":1,"items":[{"book_id":9,"quantity":1}]})", "items[0].book_id"},
      {R"({"user_id":1,"items":[{"quantity":1}]})", "items[0].book_id"},
  };
  for (const auto& [body, field] : cases) {
    const CurlReply reply = Post(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
    EXPECT_THAT(reply.body, HasSubstr("\"status\":400"));
    EXPECT_THAT(reply.body, HasSubstr("\"field\":\"" + field + "\"")) << body;
  }
  EXPECT_THAT(*store_->List(), IsEmpty());
}

TEST_F(OrderDoorTest, WhatIsNoJsonIsAProblem) {
  for (const std::string body : {"{", "[]", "7", "{\"user_id\":1} x", "not json"}) {
    const CurlReply reply = Post(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  }
  EXPECT_EQ(Curl("POST", service_.http_port(), "/orders").status, 400);
}

TEST_F(OrderDoorTest, UnknownThingsAreNotFound) {
  EXPECT_EQ(Get("/orders/17").status, 404);
  EXPECT_EQ(Get("/orders/17").headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(Get("/nothing").status, 404);
  EXPECT_EQ(Curl("DELETE", service_.http_port(), "/orders/17").status, 405);
}

TEST_F(OrderDoorTest, AnOrderIdThatIsNoIntegerIsAProblemOfTheId) {
  for (const std::string path : {"/orders/one", "/orders/1.0", "/orders/99999999999999999999"}) {
    const CurlReply reply = Get(path);
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_THAT(reply.body, HasSubstr("\"field\":\"id\""));
  }
}

TEST_F(OrderDoorTest, AnOrderThatCouldNotBeConfirmedInTimeIs503) {
  bench_.Answer({absl::UnavailableError("no broker")});
  const CurlReply refused = Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("content-type"), "application/problem+json");
  EXPECT_THAT(*store_->List(), IsEmpty());

  bench_.Answer({absl::DeadlineExceededError("no answer")});
  const CurlReply unknown = Post(R"({"user_id":1,"items":[{"book_id":1,"quantity":2}]})");
  EXPECT_EQ(unknown.status, 503);
  ASSERT_EQ(store_->List()->size(), 1u);
  EXPECT_THAT(unknown.body, HasSubstr(absl::StrCat("order ", (*store_->List())[0].order_id)));
}

TEST(CatalogDoorTest, TellsWhatIsAvailable) {
  CatalogService service({.http = kAnyPort, .stock = {{1, 10}, {2, 0}}});
  ServiceBench bench(service);
  ASSERT_TRUE(bench.started().ok()) << bench.started();
  const auto get = [&service](const std::string& path) {
    return Curl("GET", service.http_port(), path);
  };
  EXPECT_EQ(get("/stock/1").status, 200);
  EXPECT_EQ(get("/stock/1").body, R"({"book_id":1,"available":10})");
  EXPECT_EQ(get("/stock/2").body, R"({"book_id":2,"available":0})");
  ASSERT_TRUE(bench.Deliver(StockReserveRequest{1, 1, {{1, 4}}}).ok());
  EXPECT_EQ(get("/stock/1").body, R"({"book_id":1,"available":6})");
  EXPECT_EQ(get("/stock/3").status, 404);
  EXPECT_EQ(get("/stock/x").status, 400);
  EXPECT_THAT(get("/stock/x").body, HasSubstr("\"field\":\"book_id\""));
}

TEST(BookstoreAnalyticsDoorTest, Reports) {
  AnalyticsService service({.http = kAnyPort});
  ServiceBench bench(service);
  ASSERT_TRUE(bench.started().ok()) << bench.started();
  EXPECT_EQ(Curl("GET", service.http_port(), "/report").body,
            R"({"orders":0,"requests":0,"confirmed":0,"rejected":0,"revenue":0,)"
            R"("failures_by_book":[]})");
  ASSERT_TRUE(
      bench.Deliver(OrderCreated{1, 1, omnibus::Decimal::FromUnits(315, 1), {{1, 3}}, {}}).ok());
  ASSERT_TRUE(bench.Deliver(StockReserveSucceeded{1, {{1, 3}}}).ok());
  ASSERT_TRUE(bench.Deliver(StockReserveFailed{2, {}, {{7, 3, 1}}}).ok());
  const CurlReply reply = Curl("GET", service.http_port(), "/report");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"orders":1,"requests":0,"confirmed":1,"rejected":1,"revenue":31.5,)"
                        R"("failures_by_book":[{"book_id":7,"failures":1,"missing":2}]})");
}

TEST(FrontDoorTest, AnAddressThatIsTakenIsAnErrorThatNamesTheService) {
  CatalogService first({.http = kAnyPort});
  ServiceBench bench(first);
  ASSERT_TRUE(bench.started().ok()) << bench.started();
  CatalogService second({.http = absl::StrCat("127.0.0.1:", first.http_port())});
  ServiceBench other(second);
  EXPECT_TRUE(absl::IsAlreadyExists(other.started())) << other.started();
  EXPECT_THAT(std::string(other.started().message()), StartsWith("catalog-service: http: "));
}

TEST(FrontDoorTest, IsShutWhenTheServiceStops) {
  CatalogService service({.http = kAnyPort, .stock = {{1, 1}}});
  ServiceBench bench(service);
  ASSERT_EQ(Curl("GET", service.http_port(), "/stock/1").status, 200);
  service.Stop();
  EXPECT_EQ(Curl("GET", service.http_port(), "/stock/1").status, 0);
}

}  // namespace
}  // namespace bookstore
