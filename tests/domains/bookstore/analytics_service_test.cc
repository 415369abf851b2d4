#include "domains/bookstore/analytics_service.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/service_bench.h"

namespace bookstore {
namespace {

using domain_testing::ServiceBench;
using ::testing::HasSubstr;

omnibus::Decimal Money(std::int64_t cents) { return omnibus::Decimal::FromUnits(cents, 2); }

OrderCreated Created(std::int64_t order_id, std::int64_t cents) {
  return {order_id, 1, Money(cents), {{1, 1}}, NewOrderStatus::created};
}

StockReserveRequest Requested(std::int64_t order_id) { return {order_id, 1, {{1, 1}}}; }
StockReserveSucceeded Succeeded(std::int64_t order_id) { return {order_id, {{1, 1}}}; }
StockReserveFailed Failed(std::int64_t order_id, std::vector<Shortfall> items) {
  return {order_id, ReserveFailure::not_enough_stock, std::move(items)};
}

class BookstoreAnalyticsTest : public ::testing::Test {
 protected:
  SalesReport Report() { return *service_.Report(); }

  AnalyticsService service_;
  ServiceBench bench_{service_};
};

TEST_F(BookstoreAnalyticsTest, BeginsWithNothing) { EXPECT_EQ(Report(), SalesReport()); }

TEST_F(BookstoreAnalyticsTest, RevenueIsThatOfConfirmedOrders) {
  EXPECT_TRUE(bench_.Deliver(Created(1, 3150)).ok());
  EXPECT_TRUE(bench_.Deliver(Requested(1)).ok());
  EXPECT_EQ(Report().revenue, omnibus::Decimal());
  EXPECT_TRUE(bench_.Deliver(Succeeded(1)).ok());
  EXPECT_TRUE(bench_.Deliver(Created(2, 1000)).ok());
  EXPECT_TRUE(bench_.Deliver(Failed(2, {{1, 5, 2}})).ok());
  const SalesReport expected = {.orders = 2,
                                .requests = 1,
                                .confirmed = 1,
                                .rejected = 1,
                                .revenue = Money(3150),
                                .failures_by_book = {{1, 1, 3}}};
  EXPECT_EQ(Report(), expected);
}

TEST(BookstoreAnalyticsOrder, TheReportIsTheSameInWhateverOrderEventsCome) {
  using Step = std::function<absl::Status(ServiceBench&)>;
  const std::vector<Step> steps = {
      [](ServiceBench& bench) { return bench.Deliver(Created(1, 10)); },
      [](ServiceBench& bench) { return bench.Deliver(Requested(1)); },
      [](ServiceBench& bench) { return bench.Deliver(Succeeded(1)); },
      [](ServiceBench& bench) { return bench.Deliver(Created(2, 20)); },
      [](ServiceBench& bench) { return bench.Deliver(Requested(2)); },
      [](ServiceBench& bench) {
        return bench.Deliver(Failed(2, {{7, 3, 1}}));
      },
  };
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5};
  const SalesReport expected = {.orders = 2,
                                .requests = 2,
                                .confirmed = 1,
                                .rejected = 1,
                                .revenue = Money(10),
                                .failures_by_book = {{7, 1, 2}}};
  do {
    AnalyticsService service;
    ServiceBench bench(service);
    for (std::size_t step : order) ASSERT_TRUE(steps[step](bench).ok());
    ASSERT_EQ(*service.Report(), expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(BookstoreAnalyticsTest, RepeatsDoNotCount) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(bench_.Deliver(Created(1, 10)).ok());
    EXPECT_TRUE(bench_.Deliver(Requested(1)).ok());
    EXPECT_TRUE(bench_.Deliver(Succeeded(1)).ok());
    EXPECT_TRUE(bench_.Deliver(Failed(2, {{7, 3, 1}})).ok());
  }
  EXPECT_EQ(Report().orders, 1);
  EXPECT_EQ(Report().requests, 1);
  EXPECT_EQ(Report().confirmed, 1);
  EXPECT_EQ(Report().rejected, 1);
  EXPECT_EQ(Report().revenue, Money(10));
  EXPECT_THAT(Report().failures_by_book, ::testing::ElementsAre(BookFailures{7, 1, 2}));
}

TEST_F(BookstoreAnalyticsTest, FailuresAreCountedByBookAndOrderedByIt) {
  EXPECT_TRUE(bench_.Deliver(Failed(1, {{7, 3, 1}, {2, 1, 0}})).ok());
  EXPECT_TRUE(bench_.Deliver(Failed(2, {{7, 1, 0}})).ok());
  EXPECT_THAT(Report().failures_by_book,
              ::testing::ElementsAre(BookFailures{2, 1, 1}, BookFailures{7, 2, 3}));
}

TEST_F(BookstoreAnalyticsTest, WhatContradictsItselfIsRefusedForGood) {
  EXPECT_TRUE(bench_.Deliver(Created(1, 10)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bench_.Deliver(Created(1, 20))));
  EXPECT_TRUE(bench_.Deliver(Succeeded(1)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bench_.Deliver(Failed(1, {{1, 1, 0}}))));
  EXPECT_TRUE(bench_.Deliver(Failed(2, {{1, 1, 0}})).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bench_.Deliver(Succeeded(2))));
  EXPECT_EQ(Report().revenue, Money(10));
}

TEST_F(BookstoreAnalyticsTest, WhatMakesNoSenseIsRefusedForGood) {
  OrderCreated negative = Created(1, -10);
  OrderCreated empty = Created(1, 10);
  empty.items.clear();
  for (const absl::Status& status :
       {bench_.Deliver(negative), bench_.Deliver(empty),
        bench_.Deliver(StockReserveRequest{1, 1, {{1, -1}}}),
        bench_.Deliver(StockReserveSucceeded{1, {}}), bench_.Deliver(Failed(1, {})),
        bench_.Deliver(Failed(1, {{1, 1, 1}}))}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("payload."));
  }
  EXPECT_EQ(Report(), SalesReport());
}

TEST_F(BookstoreAnalyticsTest, SumsThatCannotBeHeldAreRefusedAndChangeNothing) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  OrderCreated first = Created(1, 1);
  first.total_amount = omnibus::Decimal::FromUnits(kMax, 0);
  EXPECT_TRUE(bench_.Deliver(first).ok());
  EXPECT_TRUE(bench_.Deliver(Succeeded(1)).ok());
  EXPECT_TRUE(bench_.Deliver(Created(2, 100)).ok());
  EXPECT_TRUE(absl::IsOutOfRange(bench_.Deliver(Succeeded(2))));
  EXPECT_EQ(Report().confirmed, 1);

  // Foreign numbers do not overflow ours.
  EXPECT_TRUE(bench_.Deliver(Failed(3, {{1, kMax, 0}, {1, kMax, 0}})).ok());
  EXPECT_TRUE(bench_.Deliver(Failed(4, {{1, kMax, 0}})).ok());
  EXPECT_THAT(Report().failures_by_book, ::testing::ElementsAre(BookFailures{1, 2, kMax}));
}

}  // namespace
}  // namespace bookstore
