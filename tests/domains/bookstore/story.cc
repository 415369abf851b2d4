// The bookstore's whole story: an order that is confirmed, one that is rejected for its stock, one
// of a book that the catalog does not have.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domains/bookstore/analytics_service.h"
#include "domains/bookstore/catalog_service.h"
#include "domains/bookstore/order_service.h"
#include "tests/domains/support/story.h"

namespace domain_testing {
namespace {

using bookstore::OrderStatus;

class BookstoreStory final : public Story {
 public:
  std::string name() const override { return "bookstore"; }

  std::vector<std::unique_ptr<omnibus::Module>> MakeModules() override {
    const omnibus::Decimal price = omnibus::Decimal::FromUnits(105, 1);
    auto orders = std::make_unique<bookstore::OrderService>(
        bookstore::OrderServiceOptions{.http = "",
                                       .prices = {{1, price}, {5, price}, {7, price}, {8, price}}},
        orders_);
    order_service_ = orders.get();
    std::vector<std::unique_ptr<omnibus::Module>> modules;
    modules.push_back(std::move(orders));
    modules.push_back(
        std::make_unique<bookstore::CatalogService>(bookstore::CatalogServiceOptions(), stock_));
    modules.push_back(std::make_unique<bookstore::AnalyticsService>(
        bookstore::AnalyticsServiceOptions(), sales_));
    return modules;
  }

  absl::Status Play(Flow& flow) override {
    // No book is wanted by two of them: which order is reserved first is nobody's promise.
    const std::map<std::string, std::vector<bookstore::OrderItem>> stories = {
        {"sold", {{1, 2}, {5, 1}}}, {"short", {{1, 1}, {8, 100}}}, {"unknown", {{7, 1}}}};
    for (const auto& [story, items] : stories) {
      const omnibus::Uuid chain = NewChain();
      flow.Name(chain, story);
      absl::StatusOr<bookstore::Order> order = order_service_->PlaceOrder({1, items}, chain);
      if (!order.ok()) return order.status();
      ids_[story] = order->order_id;
    }
    return absl::OkStatus();
  }

  std::vector<std::string> Published() const override {
    std::vector<std::string> lines;
    for (const std::string story : {"sold", "short", "unknown"}) {
      const std::string answer = story == "sold" ? "succeeded" : "failed";
      lines.push_back(story + ": order.created, by nothing");
      lines.push_back(story + ": stock.reserve.request, by nothing");
      lines.push_back(story + ": stock.reserve." + answer + ", by stock.reserve.request");
    }
    return lines;
  }

  std::vector<std::string> Handled() const override {
    std::vector<std::string> lines;
    for (const std::string story : {"sold", "short", "unknown"}) {
      const std::string answer = story == "sold" ? "succeeded" : "failed";
      lines.push_back(story + ": order.created -> analytics-service OK");
      lines.push_back(story + ": stock.reserve.request -> analytics-service OK");
      lines.push_back(story + ": stock.reserve.request -> catalog-service OK");
      lines.push_back(story + ": stock.reserve." + answer + " -> analytics-service OK");
      lines.push_back(story + ": stock.reserve." + answer + " -> order-service OK");
    }
    return lines;
  }

  std::vector<std::string> DeadLetters() const override { return {}; }

  std::vector<std::string> MemberNames() const override {
    return {"order_id", "user_id", "total_amount", "book_id", "quantity", "requested"};
  }

  absl::Status CheckState() const override {
    const std::map<std::string, OrderStatus> ends = {{"sold", OrderStatus::confirmed},
                                                     {"short", OrderStatus::rejected},
                                                     {"unknown", OrderStatus::rejected}};
    for (const auto& [story, end] : ends) {
      const auto id = ids_.find(story);
      if (id == ids_.end()) return absl::InternalError(story + " was not played");
      absl::StatusOr<bookstore::Order> order = orders_->Find(id->second);
      if (!order.ok()) return order.status();
      if (order->status != end) return absl::InternalError(story + " has not ended as it should");
    }
    const std::map<std::int64_t, std::int64_t> stock = {{1, 8}, {5, 2}, {8, 3}};
    if (*stock_->List() != stock) return absl::InternalError("the stock is wrong");
    const bookstore::SalesReport report = {.orders = 3,
                                           .requests = 3,
                                           .confirmed = 1,
                                           .rejected = 2,
                                           .revenue = omnibus::Decimal::FromUnits(315, 1),
                                           .failures_by_book = {{7, 1, 1}, {8, 1, 97}}};
    if (*sales_->Report() != report) return absl::InternalError("the report is wrong");
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<bookstore::OrderStore> orders_ = bookstore::MakeMemoryOrderStore();
  const std::shared_ptr<bookstore::StockStore> stock_ =
      bookstore::MakeMemoryStockStore({{1, 10}, {5, 3}, {8, 3}});
  const std::shared_ptr<bookstore::SalesModel> sales_ = bookstore::MakeMemorySalesModel();
  bookstore::OrderService* order_service_ = nullptr;
  std::map<std::string, std::int64_t> ids_;
};

}  // namespace

std::unique_ptr<Story> MakeBookstoreStory() { return std::make_unique<BookstoreStory>(); }

}  // namespace domain_testing
