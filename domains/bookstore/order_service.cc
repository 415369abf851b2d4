#include "domains/bookstore/order_service.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "domains/bookstore/order_http.h"
#include "domains/bookstore/rules.h"
#include "domains/support/outcome.h"
#include "omnibus/publish.h"

namespace bookstore {
namespace {

omnibus::Uuid NewUuid(omnibus::Runtime& runtime) {
  const std::uint64_t high = runtime.Random();
  return omnibus::RandomUuid(high, runtime.Random());
}

// An id and a key of its own, so that a repeat can be told from a second event.
omnibus::PublishOptions FirstTry(omnibus::Runtime& runtime, const omnibus::Uuid& correlation_id) {
  omnibus::PublishOptions options;
  options.id = NewUuid(runtime);
  options.idempotency_key = NewUuid(runtime);
  options.correlation_id = correlation_id;
  options.occurred_at = omnibus::ToTimestamp(runtime.WallTime());
  return options;
}

}  // namespace

OrderService::OrderService(OrderServiceOptions options, std::shared_ptr<OrderStore> store)
    : Module(kBookstore, "order-service"), options_(std::move(options)), store_(std::move(store)) {}

void OrderService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &OrderService::OnSucceeded);
  module.Handles(this, &OrderService::OnFailed);
  module.Publishes<OrderCreated, StockReserveRequest>();
}

absl::Status OrderService::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  // A random start within the millisecond keeps apart services that start at once.
  next_id_ = absl::ToUnixMillis(host.runtime().WallTime()) * 1024 +
             static_cast<std::int64_t>(host.runtime().Random() % 1024);
  resender_.Start(host);
  absl::Status status =
      front_door_.Open(options_.http, name(), host,
                       [this](omnibus::HttpServer& server) { AddOrderRoutes(server, *this); });
  if (!status.ok()) resender_.Stop();
  return status;
}

void OrderService::Stop() {
  front_door_.Close();
  resender_.Stop();
}

absl::StatusOr<Order> OrderService::PlaceOrder(const OrderRequest& request,
                                               std::optional<omnibus::Uuid> correlation_id) {
  if (request.user_id < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("user_id: must be 1 or more, found ", request.user_id));
  }
  if (absl::Status status = CheckItems(request.items); !status.ok()) return status;
  absl::StatusOr<omnibus::Decimal> total = Total(request.items);
  if (!total.ok()) return total.status();

  const Order order = {.order_id = next_id_++,
                       .user_id = request.user_id,
                       .items = request.items,
                       .total_amount = *total};
  // Kept first: the catalog's answer may come before the broker's.
  if (absl::Status status = store_->Insert(order); !status.ok()) return status;
  if (absl::Status status = Announce(order, correlation_id); !status.ok()) return status;
  return order;
}

absl::StatusOr<omnibus::Decimal> OrderService::Total(const std::vector<OrderItem>& items) const {
  omnibus::Decimal total;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto price = options_.prices.find(items[i].book_id);
    if (price == options_.prices.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("items[", i, "].book_id: book ", items[i].book_id, " has no price"));
    }
    absl::StatusOr<omnibus::Decimal> amount = price->second.Times(items[i].quantity);
    if (amount.ok()) amount = total.Plus(*amount);
    if (!amount.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("items[", i, "].quantity: the total amount cannot be held exactly"));
    }
    total = *amount;
  }
  return total;
}

// One after the other: a request for stock never goes out for an order that nobody was told of.
absl::Status OrderService::Announce(const Order& order,
                                    const std::optional<omnibus::Uuid>& correlation_id) {
  const OrderCreated created = {.order_id = order.order_id,
                                .user_id = order.user_id,
                                .total_amount = order.total_amount,
                                .items = order.items};
  const StockReserveRequest request = {
      .order_id = order.order_id, .user_id = order.user_id, .items = order.items};
  omnibus::Runtime& runtime = host_->runtime();
  const omnibus::Uuid chain = correlation_id.has_value() ? *correlation_id : NewUuid(runtime);
  omnibus::PublishOptions created_options = FirstTry(runtime, chain);
  omnibus::PublishOptions request_options = FirstTry(runtime, chain);

  // What can never be published must not leave an order that waits for ever.
  const auto reject_if_refused = [this, id = order.order_id](const absl::Status& status) {
    if (!status.ok()) (void)store_->Resolve(id, OrderStatus::rejected);
  };

  absl::Status status = host_->publisher().Publish(created, created_options);
  if (!status.ok()) {
    if (omnibus::OutcomeOf(status) != omnibus::PublishOutcome::kUnknown) {
      if (absl::Status removed = store_->Remove(order.order_id); !removed.ok()) return removed;
      return domain_support::RequestError(status,
                                          "the order could not be published; there is none");
    }
    resender_.Add(created, std::move(created_options), nullptr);
  } else {
    status = host_->publisher().Publish(request, request_options);
    if (status.ok()) return status;
  }
  resender_.Add(request, std::move(request_options), reject_if_refused);
  return absl::UnavailableError(
      absl::StrCat("order ", order.order_id,
                   " is kept, but not confirmed yet; its events are sent again until they are. Ask "
                   "for its status before you order once more (",
                   status.message(), ")"));
}

absl::Status OrderService::OnSucceeded(const StockReserveSucceeded& event, omnibus::Context&) {
  if (absl::Status status = CheckItems(event.items); !status.ok()) return InPayload(status);
  return store_->Resolve(event.order_id, OrderStatus::confirmed);
}

absl::Status OrderService::OnFailed(const StockReserveFailed& event, omnibus::Context&) {
  if (absl::Status status = CheckShortfalls(event.items); !status.ok()) return InPayload(status);
  return store_->Resolve(event.order_id, OrderStatus::rejected);
}

}  // namespace bookstore
