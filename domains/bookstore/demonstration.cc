#include "domains/bookstore/demonstration.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domains/bookstore/analytics_service.h"
#include "domains/bookstore/catalog_service.h"
#include "domains/bookstore/order_service.h"

namespace bookstore {
namespace {

constexpr std::int64_t kNovel = 1;
constexpr std::int64_t kLastCopy = 3;
constexpr std::int64_t kAtlas = 5;
// Wanted by one story only: two stories about one book would end as their race does.
constexpr std::int64_t kFolio = 6;
constexpr std::int64_t kNotInCatalog = 7;  // has a price all the same
constexpr std::int64_t kNoPrice = 9;

std::string_view Name(OrderStatus status) {
  switch (status) {
    case OrderStatus::created:
      return "created";
    case OrderStatus::confirmed:
      return "confirmed";
    case OrderStatus::rejected:
      return "rejected";
  }
  return "?";
}

std::string Text(const std::vector<OrderItem>& items) {
  std::string text;
  for (const OrderItem& item : items) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", item.quantity, " x book ", item.book_id);
  }
  return text;
}

absl::Status Wrong(const std::string& what) {
  return absl::FailedPreconditionError("bookstore: " + what);
}

class BookstoreDemonstration final : public omnibus::Demonstration {
 public:
  std::vector<std::unique_ptr<omnibus::Module>> MakeModules() override {
    const omnibus::Decimal price = omnibus::Decimal::FromUnits(1050, 2);
    auto order_service = std::make_unique<OrderService>(
        OrderServiceOptions{.prices = {{kNovel, price},
                                       {kLastCopy, omnibus::Decimal::FromUnits(7, 0)},
                                       {kAtlas, price},
                                       {kFolio, price},
                                       {kNotInCatalog, price}}},
        orders_);
    order_service_ = order_service.get();
    std::vector<std::unique_ptr<omnibus::Module>> modules;
    modules.push_back(std::move(order_service));
    modules.push_back(std::make_unique<CatalogService>(CatalogServiceOptions(), stock_));
    modules.push_back(std::make_unique<AnalyticsService>(AnalyticsServiceOptions(), sales_));
    return modules;
  }

  absl::Status Play(omnibus::Runtime& runtime) override {
    absl::Status status = Place("confirmed", 1, {{kNovel, 2}, {kAtlas, 1}});
    if (status.ok()) status = Place("too many", 2, {{kNovel, 1}, {kFolio, 100}});
    if (status.ok()) status = Place("unknown book", 3, {{kNotInCatalog, 1}});
    if (!status.ok()) return status;

    // Refused at the front door: nothing is published.
    if (!absl::IsInvalidArgument(order_service_->PlaceOrder({4, {{kNoPrice, 1}}}).status())) {
      return Wrong("an order of a book without a price was not refused");
    }
    if (!absl::IsInvalidArgument(order_service_->PlaceOrder({4, {{kNovel, -1}}}).status())) {
      return Wrong("an order of less than nothing was not refused");
    }
    return Race(runtime);
  }

  absl::Status Check() const override;
  std::vector<Table> State() const override;

 private:
  absl::Status Place(const std::string& story, std::int64_t user_id, std::vector<OrderItem> items) {
    absl::StatusOr<Order> order = order_service_->PlaceOrder({user_id, std::move(items)});
    if (!order.ok()) return order.status();
    stories_[order->order_id] = story;
    return absl::OkStatus();
  }

  // Two users want the last copy at the same time.
  absl::Status Race(omnibus::Runtime& runtime) {
    absl::StatusOr<Order> first = absl::UnknownError("not run");
    absl::StatusOr<Order> second = absl::UnknownError("not run");
    const std::unique_ptr<omnibus::Thread> rival = runtime.Spawn("rival", [this, &first] {
      first = order_service_->PlaceOrder({5, {{kLastCopy, 1}}});
    });
    second = order_service_->PlaceOrder({6, {{kLastCopy, 1}}});
    rival->Join();
    if (!first.ok()) return first.status();
    if (!second.ok()) return second.status();
    stories_[first->order_id] = "last copy";
    stories_[second->order_id] = "last copy";
    return absl::OkStatus();
  }

  const std::shared_ptr<OrderStore> orders_ = MakeMemoryOrderStore();
  const std::shared_ptr<StockStore> stock_ =
      MakeMemoryStockStore({{kNovel, 10}, {kLastCopy, 1}, {kAtlas, 4}, {kFolio, 3}});
  const std::shared_ptr<SalesModel> sales_ = MakeMemorySalesModel();
  OrderService* order_service_ = nullptr;        // the bus owns it
  std::map<std::int64_t, std::string> stories_;  // by order_id; complete once Play() has returned
};

absl::Status BookstoreDemonstration::Check() const {
  absl::StatusOr<std::vector<Order>> orders = orders_->List();
  if (!orders.ok()) return orders.status();
  absl::StatusOr<std::map<std::int64_t, std::int64_t>> stock = stock_->List();
  if (!stock.ok()) return stock.status();
  absl::StatusOr<SalesReport> sales = sales_->Report();
  if (!sales.ok()) return sales.status();

  if (orders->size() != 5) return Wrong(absl::StrCat(orders->size(), " orders instead of 5"));
  std::map<std::string, std::vector<OrderStatus>> ends;
  for (const Order& order : *orders) {
    if (order.status == OrderStatus::created) {
      return absl::UnavailableError(absl::StrCat("order ", order.order_id, " is still created"));
    }
    const auto story = stories_.find(order.order_id);
    if (story == stories_.end()) return Wrong("an order that nobody placed");
    if (story->second == "confirmed" && order.total_amount != omnibus::Decimal::FromUnits(315, 1)) {
      return Wrong("a total of " + omnibus::ToString(order.total_amount) + " instead of 31.5");
    }
    ends[story->second].push_back(order.status);
  }
  if (ends["confirmed"] != std::vector{OrderStatus::confirmed}) return Wrong("not confirmed");
  if (ends["too many"] != std::vector{OrderStatus::rejected})
    return Wrong("sold what is not there");
  if (ends["unknown book"] != std::vector{OrderStatus::rejected}) {
    return Wrong("sold a book that the catalog does not have");
  }
  const std::vector<OrderStatus>& race = ends["last copy"];
  if (race.size() != 2 || race[0] == race[1]) return Wrong("the last copy was not sold once");

  const std::map<std::int64_t, std::int64_t> left = {
      {kNovel, 8}, {kLastCopy, 0}, {kAtlas, 3}, {kFolio, 3}};
  if (*stock != left) return Wrong("the stock is not what is left of the two confirmed orders");

  if (sales->orders < 5 || sales->requests < 5 || sales->confirmed + sales->rejected < 5) {
    return absl::UnavailableError("analytics has not heard of all orders");
  }
  const SalesReport expected = {
      .orders = 5,
      .requests = 5,
      .confirmed = 2,
      .rejected = 3,
      .revenue = omnibus::Decimal::FromUnits(385, 1),
      .failures_by_book = {{kLastCopy, 1, 1}, {kFolio, 1, 97}, {kNotInCatalog, 1, 1}}};
  if (*sales != expected) return Wrong("analytics does not report what happened");
  return absl::OkStatus();
}

std::vector<omnibus::Demonstration::Table> BookstoreDemonstration::State() const {
  Table orders = {"bookstore: orders", {"order", "user", "items", "total", "status", "story"}, {}};
  for (const Order& order : orders_->List().value_or(std::vector<Order>())) {
    const auto story = stories_.find(order.order_id);
    orders.rows.push_back({absl::StrCat(order.order_id), absl::StrCat(order.user_id),
                           Text(order.items), omnibus::ToString(order.total_amount),
                           std::string(Name(order.status)),
                           story == stories_.end() ? "" : story->second});
  }
  Table stock = {"bookstore: stock", {"book", "available"}, {}};
  for (const auto& [book_id, available] :
       stock_->List().value_or(std::map<std::int64_t, std::int64_t>())) {
    stock.rows.push_back({absl::StrCat(book_id), absl::StrCat(available)});
  }
  const SalesReport report = sales_->Report().value_or(SalesReport());
  Table sales = {"bookstore: sales", {"orders", "confirmed", "rejected", "revenue"}, {}};
  sales.rows.push_back({absl::StrCat(report.orders), absl::StrCat(report.confirmed),
                        absl::StrCat(report.rejected), omnibus::ToString(report.revenue)});
  Table failures = {"bookstore: failures by book", {"book", "orders", "copies missing"}, {}};
  for (const BookFailures& book : report.failures_by_book) {
    failures.rows.push_back(
        {absl::StrCat(book.book_id), absl::StrCat(book.failures), absl::StrCat(book.missing)});
  }
  return {std::move(orders), std::move(stock), std::move(sales), std::move(failures)};
}

}  // namespace

std::unique_ptr<omnibus::Demonstration> MakeDemonstration() {
  return std::make_unique<BookstoreDemonstration>();
}

}  // namespace bookstore
