#include "domains/bookstore/order_service.h"

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/service_bench.h"

namespace bookstore {
namespace {

using domain_testing::Id;
using domain_testing::Lines;
using domain_testing::Sent;
using domain_testing::ServiceBench;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OrderServiceTest : public ::testing::Test {
 protected:
  static OrderServiceOptions Options() {
    return {
        .prices = {{1, omnibus::Decimal::FromUnits(1050, 2)},
                   {5, omnibus::Decimal::FromUnits(1050, 2)},
                   {6, omnibus::Decimal::FromUnits(1, 1)},
                   {7, omnibus::Decimal()},
                   {8, omnibus::Decimal::FromUnits(std::numeric_limits<std::int64_t>::max(), 0)}}};
  }

  std::string StatusOf(std::int64_t order_id) {
    absl::StatusOr<Order> order = service_.Find(order_id);
    if (!order.ok()) return std::string(order.status().ToString());
    switch (order->status) {
      case OrderStatus::created:
        return "created";
      case OrderStatus::confirmed:
        return "confirmed";
      case OrderStatus::rejected:
        return "rejected";
    }
    return "?";
  }

  // The one order that there is.
  std::vector<Order> Orders() { return *store_->List(); }

  std::shared_ptr<OrderStore> store_ = MakeMemoryOrderStore();
  OrderService service_{Options(), store_};
  ServiceBench bench_{service_};
};

TEST_F(OrderServiceTest, AnOrderIsAnnouncedAndItsStockIsAskedFor) {
  absl::StatusOr<Order> order = service_.PlaceOrder({1, {{1, 2}, {5, 1}}});
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->total_amount, omnibus::Decimal::FromUnits(315, 1));
  EXPECT_EQ(order->status, OrderStatus::created);
  const std::string items = R"("items":[{"book_id":1,"quantity":2},{"book_id":5,"quantity":1}])";
  EXPECT_THAT(Lines(bench_.TakeTries()),
              ElementsAre(absl::StrCat("order.created {\"order_id\":", order->order_id,
                                       ",\"user_id\":1,\"total_amount\":31.5,", items,
                                       ",\"status\":\"created\"}"),
                          absl::StrCat("stock.reserve.request {\"order_id\":", order->order_id,
                                       ",\"user_id\":1,", items, "}")));
}

TEST_F(OrderServiceTest, BothEventsCarryTheCorrelationIdAndKeysOfTheirOwn) {
  ASSERT_TRUE(service_.PlaceOrder({1, {{1, 1}}}, Id(7)).ok());
  const std::vector<Sent> tries = bench_.TakeTries();
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_EQ(tries[0].options.correlation_id, Id(7));
  EXPECT_EQ(tries[1].options.correlation_id, Id(7));
  ASSERT_TRUE(tries[0].options.idempotency_key.has_value());
  EXPECT_NE(tries[0].options.idempotency_key, tries[1].options.idempotency_key);
  EXPECT_NE(tries[0].options.id, tries[1].options.id);
}

TEST_F(OrderServiceTest, WithoutACorrelationIdBothEventsShareANewOne) {
  ASSERT_TRUE(service_.PlaceOrder({1, {{1, 1}}}).ok());
  ASSERT_TRUE(service_.PlaceOrder({1, {{1, 1}}}).ok());
  const std::vector<Sent> tries = bench_.TakeTries();
  ASSERT_EQ(tries.size(), 4u);
  EXPECT_TRUE(tries[0].options.correlation_id.has_value());
  EXPECT_EQ(tries[0].options.correlation_id, tries[1].options.correlation_id);
  EXPECT_NE(tries[0].options.correlation_id, tries[2].options.correlation_id);
}

TEST_F(OrderServiceTest, TotalsAreExact) {
  // In binary floating point ten times 0.1 and three times 0.1 are not what they should be.
  EXPECT_EQ(service_.PlaceOrder({1, {{6, 3}}})->total_amount, omnibus::Decimal::FromUnits(3, 1));
  EXPECT_EQ(service_.PlaceOrder({1, {{6, 10}}})->total_amount, omnibus::Decimal::FromUnits(1, 0));
  EXPECT_EQ(service_.PlaceOrder({1, {{7, 10}}})->total_amount, omnibus::Decimal());
  EXPECT_EQ(service_.PlaceOrder({1, {{1, 1}, {1, 1}}})->total_amount,
            omnibus::Decimal::FromUnits(21, 0));
}

TEST_F(OrderServiceTest, WhatMakesNoSenseIsRefusedByName) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const struct {
    OrderRequest request;
    std::string error;
  } cases[] = {
      {{0, {{1, 1}}}, "user_id: must be 1 or more, found 0"},
      {{-3, {{1, 1}}}, "user_id: must be 1 or more, found -3"},
      {{1, {}}, "items: must not be empty"},
      {{1, {{1, 0}}}, "items[0].quantity: must be 1 or more, found 0"},
      {{1, {{1, 1}, {5, -2}}}, "items[1].quantity: must be 1 or more, found -2"},
      {{1, {{1, 1}, {99, 1}}}, "items[1].book_id: book 99 has no price"},
      {{1, {{8, 2}}}, "items[0].quantity: the total amount cannot be held exactly"},
      {{1, {{8, 1}, {8, 1}}}, "items[1].quantity: the total amount cannot be held exactly"},
      {{1, {{7, kMax}, {7, 1}}}, "items[1].quantity: too much of book 7 in all"},
  };
  for (const auto& [request, error] : cases) {
    const absl::Status status = service_.PlaceOrder(request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(status.message(), error);
  }
  EXPECT_THAT(bench_.TakeTries(), IsEmpty());
  EXPECT_THAT(Orders(), IsEmpty());
}

TEST_F(OrderServiceTest, IdsAreUniqueUnderConcurrencyAndSafeInJson) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 50; ++n) EXPECT_TRUE(service_.PlaceOrder({1, {{1, 1}}}).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Orders().size(), 400u);
  for (const Order& order : Orders()) {
    EXPECT_GT(order.order_id, 0);
    EXPECT_LT(order.order_id, std::int64_t{1} << 53);
  }
}

TEST_F(OrderServiceTest, ARestartDoesNotUseIdsAgain) {
  std::int64_t last = 0;
  for (int i = 0; i < 100; ++i) last = service_.PlaceOrder({1, {{1, 1}}})->order_id;
  // The bench's clock stands still: this is what a service that starts 2 ms later begins with.
  EXPECT_LT(last,
            absl::ToUnixMillis(bench_.bench_runtime().WallTime() + absl::Milliseconds(2)) * 1024);
  EXPECT_GE(last, absl::ToUnixMillis(bench_.bench_runtime().WallTime()) * 1024);
}

TEST_F(OrderServiceTest, TheCatalogsAnswerDecides) {
  const std::int64_t yes = service_.PlaceOrder({1, {{1, 2}}})->order_id;
  const std::int64_t no = service_.PlaceOrder({1, {{5, 2}}})->order_id;
  EXPECT_TRUE(bench_.Deliver(StockReserveSucceeded{yes, {{1, 2}}}).ok());
  EXPECT_TRUE(bench_.Deliver(StockReserveFailed{no, {}, {{5, 2, 0}}}).ok());
  EXPECT_EQ(StatusOf(yes), "confirmed");
  EXPECT_EQ(StatusOf(no), "rejected");
}

TEST_F(OrderServiceTest, ARepeatedAnswerHasNoSecondEffect) {
  const std::int64_t id = service_.PlaceOrder({1, {{1, 2}}})->order_id;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(bench_.Deliver(StockReserveSucceeded{id, {{1, 2}}}).ok());
  }
  EXPECT_EQ(StatusOf(id), "confirmed");
}

TEST_F(OrderServiceTest, AnAnswerThatContradictsTheFirstIsRefusedForGood) {
  const std::int64_t id = service_.PlaceOrder({1, {{1, 2}}})->order_id;
  ASSERT_TRUE(bench_.Deliver(StockReserveSucceeded{id, {{1, 2}}}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bench_.Deliver(StockReserveFailed{id, {}, {{1, 2, 0}}})));
  EXPECT_EQ(StatusOf(id), "confirmed");
}

TEST_F(OrderServiceTest, AnAnswerForAnUnknownOrderIsRefusedForGood) {
  EXPECT_TRUE(absl::IsNotFound(bench_.Deliver(StockReserveSucceeded{17, {{1, 2}}})));
  EXPECT_TRUE(absl::IsNotFound(bench_.Deliver(StockReserveFailed{17, {}, {{1, 2, 0}}})));
}

TEST_F(OrderServiceTest, AnswersThatMakeNoSenseAreRefusedForGood) {
  const std::int64_t id = service_.PlaceOrder({1, {{1, 2}}})->order_id;
  for (const absl::Status& status : {bench_.Deliver(StockReserveSucceeded{id, {}}),
                                     bench_.Deliver(StockReserveSucceeded{id, {{1, -2}}}),
                                     bench_.Deliver(StockReserveFailed{id, {}, {}}),
                                     bench_.Deliver(StockReserveFailed{id, {}, {{1, 0, 0}}}),
                                     bench_.Deliver(StockReserveFailed{id, {}, {{1, 2, -1}}}),
                                     bench_.Deliver(StockReserveFailed{id, {}, {{1, 2, 2}}})}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("payload.items"));
  }
  EXPECT_EQ(StatusOf(id), "created");
}

TEST_F(OrderServiceTest, AnOrderThatWasSurelyNotPublishedIsNoOrder) {
  for (const absl::Status& refused :
       {absl::UnavailableError("no broker"), absl::ResourceExhaustedError("queue full"),
        absl::NotFoundError("no queue"), absl::FailedPreconditionError("closed")}) {
    bench_.Answer({refused});
    const absl::Status status = service_.PlaceOrder({1, {{1, 1}}}).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(refused.message())));
    EXPECT_EQ(bench_.TakeTries().size(), 1u);
    EXPECT_THAT(Orders(), IsEmpty());
  }
}

TEST_F(OrderServiceTest, AnOrderThatTheBrokerFindsTooLargeIsTheClientsError) {
  bench_.Answer({absl::InvalidArgumentError("too large")});
  EXPECT_TRUE(absl::IsInvalidArgument(service_.PlaceOrder({1, {{1, 1}}}).status()));
  EXPECT_THAT(Orders(), IsEmpty());
}

TEST_F(OrderServiceTest, AnOrderWhoseOutcomeIsUnknownIsKeptAndSentAgainAsTheSameEvents) {
  bench_.Answer({absl::DeadlineExceededError("no answer"), absl::UnavailableError("no broker")});
  const absl::Status status = service_.PlaceOrder({1, {{1, 1}}}, Id(7)).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  ASSERT_EQ(Orders().size(), 1u);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("order ", Orders()[0].order_id, " is kept")));

  ASSERT_TRUE(bench_.WaitForTries(4));
  const std::vector<Sent> tries = bench_.TakeTries();
  ASSERT_EQ(tries.size(), 4u);
  EXPECT_EQ(tries[0].type, "order.created");
  for (int again : {1, 2}) {
    EXPECT_EQ(Line(tries[again]), Line(tries[0]));
    EXPECT_EQ(tries[again].options.id, tries[0].options.id);
    EXPECT_EQ(tries[again].options.idempotency_key, tries[0].options.idempotency_key);
    EXPECT_EQ(tries[again].options.occurred_at, tries[0].options.occurred_at);
    EXPECT_EQ(tries[again].options.correlation_id, Id(7));
  }
  EXPECT_EQ(tries[3].type, "stock.reserve.request");
  EXPECT_EQ(tries[3].options.correlation_id, Id(7));
}

TEST_F(OrderServiceTest, AFailureBetweenTheTwoEventsSendsTheSecondOneAgain) {
  bench_.Answer({absl::OkStatus(), absl::UnavailableError("no broker")});
  EXPECT_TRUE(absl::IsUnavailable(service_.PlaceOrder({1, {{1, 1}}}).status()));
  ASSERT_TRUE(bench_.WaitForTries(3));
  const std::vector<Sent> tries = bench_.TakeTries();
  EXPECT_EQ(tries[1].type, "stock.reserve.request");
  EXPECT_EQ(Line(tries[2]), Line(tries[1]));
  EXPECT_EQ(tries[2].options.idempotency_key, tries[1].options.idempotency_key);
  ASSERT_EQ(Orders().size(), 1u);
  const std::int64_t id = Orders()[0].order_id;
  EXPECT_TRUE(bench_.Deliver(StockReserveSucceeded{id, {{1, 1}}}).ok());
  EXPECT_EQ(StatusOf(id), "confirmed");
}

TEST_F(OrderServiceTest, AnOrderWhoseStockCanNeverBeAskedForIsRejected) {
  bench_.Answer({absl::OkStatus(), absl::DeadlineExceededError("no answer"),
                 absl::InvalidArgumentError("too large")});
  EXPECT_TRUE(absl::IsUnavailable(service_.PlaceOrder({1, {{1, 1}}}).status()));
  ASSERT_TRUE(bench_.WaitForTries(3));
  service_.Stop();  // joins the thread that has seen the refusal
  EXPECT_EQ(Orders()[0].status, OrderStatus::rejected);
}

TEST_F(OrderServiceTest, StopsWhileTheBrokerIsAway) {
  bench_.Answer(std::vector<absl::Status>(1000, absl::DeadlineExceededError("no answer")));
  EXPECT_FALSE(service_.PlaceOrder({1, {{1, 1}}}).ok());
  ASSERT_TRUE(bench_.WaitForTries(2));
  service_.Stop();
}

}  // namespace
}  // namespace bookstore
