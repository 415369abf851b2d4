// order-service: takes orders, prices them, asks for stock, and confirms or rejects them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/bookstore/events.h"
#include "domains/bookstore/order_store.h"
#include "domains/support/front_door.h"
#include "domains/support/resender.h"
#include "omnibus/decimal.h"
#include "omnibus/module.h"
#include "omnibus/uuid.h"

namespace bookstore {

struct OrderRequest {
  std::int64_t user_id = 0;
  std::vector<OrderItem> items = {};
};

struct OrderServiceOptions {
  std::string http = {};  // where the front door listens; empty: nowhere
  std::map<std::int64_t, omnibus::Decimal> prices = {};  // of each book, by book_id
};

// Thread-safety: any thread, concurrently; PlaceOrder() between Start() and Stop().
class OrderService final : public omnibus::Module {
 public:
  explicit OrderService(OrderServiceOptions options = {},
                        std::shared_ptr<OrderStore> store = MakeMemoryOrderStore());

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;
  void Stop() override;

  // Returns the order once order.created and stock.reserve.request are confirmed, within the time
  // of two publishes. Its id is unique in this process, and across restarts as long as the wall
  // clock does not go back: the milliseconds since 1970 at the start, times 1024, and then counted
  // on. (So it stays below 2^53, which every JSON reader holds exactly, until the year 2248.)
  //
  // kInvalidArgument begins with the member that is wrong ("items[0].quantity: ..."). kUnavailable:
  // not confirmed. If it is certain that nothing was published, then there is no order. Otherwise
  // the order is kept, the message says its id, and its events are published again in the
  // background, with the same ids and keys, until they are confirmed: so no order stays created for
  // ever. Ask for its status before ordering once more: a new request is a new order.
  absl::StatusOr<Order> PlaceOrder(const OrderRequest& request,
                                   std::optional<omnibus::Uuid> correlation_id = std::nullopt);

  // kNotFound: no such order.
  absl::StatusOr<Order> Find(std::int64_t order_id) const { return store_->Find(order_id); }

  int http_port() const { return front_door_.port(); }

 private:
  absl::StatusOr<omnibus::Decimal> Total(const std::vector<OrderItem>& items) const;
  absl::Status Announce(const Order& order, const std::optional<omnibus::Uuid>& correlation_id);

  absl::Status OnSucceeded(const StockReserveSucceeded& event, omnibus::Context& context);
  absl::Status OnFailed(const StockReserveFailed& event, omnibus::Context& context);

  const OrderServiceOptions options_;
  const std::shared_ptr<OrderStore> store_;
  omnibus::ModuleHost* host_ = nullptr;  // set once, before anything runs
  std::atomic<std::int64_t> next_id_ = 0;
  domain_support::Resender resender_;
  domain_support::FrontDoor front_door_;
};

}  // namespace bookstore
