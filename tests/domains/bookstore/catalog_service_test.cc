#include "domains/bookstore/catalog_service.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/domains/support/service_bench.h"

namespace bookstore {
namespace {

using domain_testing::ServiceBench;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CatalogServiceTest : public ::testing::Test {
 protected:
  std::string Ask(std::int64_t order_id, std::vector<OrderItem> items) {
    const absl::Status status = bench_.Deliver(StockReserveRequest{order_id, 1, std::move(items)});
    if (!status.ok()) return std::string(status.ToString());
    const std::vector<std::string> lines = bench_.TakeEffectLines();
    return lines.size() == 1 ? lines[0] : "not one answer";
  }

  CatalogService service_{{.stock = {{1, 10}, {2, 1}, {5, 3}}}};
  ServiceBench bench_{service_};
};

TEST_F(CatalogServiceTest, ReservesWhatIsThere) {
  EXPECT_EQ(Ask(10, {{1, 2}, {5, 1}}),
            R"(stock.reserve.succeeded {"order_id":10,"items":[{"book_id":1,"quantity":2},)"
            R"({"book_id":5,"quantity":1}]})");
  EXPECT_EQ(*service_.Available(1), 8);
  EXPECT_EQ(*service_.Available(5), 2);
}

TEST_F(CatalogServiceTest, ReservesAllOrNothingAndNamesJustWhatFellShort) {
  EXPECT_EQ(Ask(10, {{1, 2}, {2, 2}, {5, 4}}),
            R"(stock.reserve.failed {"order_id":10,"reason":"not_enough_stock","items":[)"
            R"({"book_id":2,"requested":2,"available":1},)"
            R"({"book_id":5,"requested":4,"available":3}]})");
  EXPECT_EQ(*service_.Available(1), 10);
  EXPECT_EQ(*service_.Available(2), 1);
  EXPECT_EQ(*service_.Available(5), 3);
}

TEST_F(CatalogServiceTest, ABookThatItDoesNotKnowHasNoneAvailable) {
  EXPECT_EQ(Ask(10, {{99, 1}, {1, 1}}),
            R"(stock.reserve.failed {"order_id":10,"reason":"not_enough_stock","items":[)"
            R"({"book_id":99,"requested":1,"available":0}]})");
  EXPECT_TRUE(absl::IsNotFound(service_.Available(99).status()));
}

TEST_F(CatalogServiceTest, ABookThatIsNamedTwiceCountsWithTheSum) {
  EXPECT_EQ(Ask(10, {{5, 2}, {1, 1}, {5, 2}}),
            R"(stock.reserve.failed {"order_id":10,"reason":"not_enough_stock","items":[)"
            R"({"book_id":5,"requested":4,"available":3}]})");
  EXPECT_THAT(Ask(11, {{5, 2}, {5, 1}}), HasSubstr("stock.reserve.succeeded"));
  EXPECT_EQ(*service_.Available(5), 0);
}

TEST_F(CatalogServiceTest, TheLastCopyIsSoldOnce) {
  EXPECT_THAT(Ask(10, {{2, 1}}), HasSubstr("stock.reserve.succeeded"));
  EXPECT_THAT(Ask(11, {{2, 1}}), HasSubstr("stock.reserve.failed"));
  EXPECT_EQ(*service_.Available(2), 0);
}

TEST_F(CatalogServiceTest, ASecondRequestUnderAnotherKeyIsAnsweredAsTheFirstOne) {
  const std::string yes = Ask(10, {{1, 4}});
  EXPECT_EQ(Ask(10, {{1, 4}}), yes);
  EXPECT_EQ(*service_.Available(1), 6);
  // Whatever it asks for.
  EXPECT_EQ(Ask(10, {{5, 100}}), yes);

  const std::string no = Ask(11, {{2, 2}});
  EXPECT_EQ(Ask(11, {{2, 2}}), no);
  EXPECT_EQ(Ask(11, {{2, 1}}), no);
  EXPECT_EQ(*service_.Available(2), 1);
}

TEST_F(CatalogServiceTest, RequestsThatMakeNoSenseAreRefusedForGood) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::vector<OrderItem>> requests = {
      {}, {{1, 0}}, {{1, 1}, {1, -5}}, {{1, kMax}, {1, 1}}};
  for (const std::vector<OrderItem>& items : requests) {
    const absl::Status status = bench_.Deliver(StockReserveRequest{10, 1, items});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("payload.items"));
  }
  EXPECT_THAT(bench_.TakeEffects(), IsEmpty());
  EXPECT_EQ(*service_.Available(1), 10);
  // And they did not spoil the order.
  EXPECT_THAT(Ask(10, {{1, 1}}), HasSubstr("stock.reserve.succeeded"));
}

// Two books in opposite orders, more buyers than copies, every request twice.
TEST(CatalogUnderConcurrency, NothingGoesBelowZeroAndNothingIsLeftThatWasSold) {
  constexpr int kThreads = 8;
  constexpr int kOrders = 200;
  constexpr std::int64_t kCopies = 500;
  CatalogService service({.stock = {{1, kCopies}, {2, kCopies * 3}}});
  ServiceBench bench(service);
  std::atomic<std::int64_t> lowest = kCopies;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kOrders; ++i) {
        // Two threads share each order.
        const std::int64_t order_id = (t / 2) * kOrders + i;
        const std::vector<OrderItem> items = t % 2 == 0 ? std::vector<OrderItem>{{1, 1}, {2, 2}}
                                                        : std::vector<OrderItem>{{2, 2}, {1, 1}};
        EXPECT_TRUE(bench.Deliver(StockReserveRequest{order_id, 1, items}).ok());
        const std::int64_t now = *service.Available(1);
        std::int64_t seen = lowest.load();
        while (now < seen && !lowest.compare_exchange_weak(seen, now)) {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // 800 orders of 1 for 500 copies.
  EXPECT_EQ(lowest.load(), 0);
  EXPECT_EQ(*service.Available(1), 0);
  EXPECT_EQ(*service.Available(2), kCopies * 3 - kCopies * 2);
  std::int64_t sold = 0;
  for (const domain_testing::Sent& sent : bench.TakeEffects()) {
    if (sent.type == "stock.reserve.succeeded") ++sold;
  }
  EXPECT_EQ(sold, kCopies * 2);  // each answer was given twice
}

}  // namespace
}  // namespace bookstore
