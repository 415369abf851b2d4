// Where order-service keeps its orders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/bookstore/events.h"
#include "omnibus/decimal.h"

namespace bookstore {

enum class OrderStatus { created, confirmed, rejected };

struct Order {
  std::int64_t order_id = 0;
  std::int64_t user_id = 0;
  std::vector<OrderItem> items = {};
  omnibus::Decimal total_amount = {};
  OrderStatus status = OrderStatus::created;

  friend bool operator==(const Order&, const Order&) = default;
};

// Each call is atomic. A database's errors are kUnavailable.
//
// Thread-safety: any thread, concurrently.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // kAlreadyExists: the id is taken.
  virtual absl::Status Insert(const Order& order) = 0;

  // Takes back an order that nobody has heard of. OK when there is none.
  virtual absl::Status Remove(std::int64_t order_id) = 0;

  // kNotFound: no such order.
  virtual absl::StatusOr<Order> Find(std::int64_t order_id) const = 0;

  // From created to `status`. OK when it has that status already; kNotFound; kFailedPrecondition
  // when it was resolved the other way.
  virtual absl::Status Resolve(std::int64_t order_id, OrderStatus status) = 0;

  // In the order of their ids.
  virtual absl::StatusOr<std::vector<Order>> List() const = 0;
};

// Lives as long as the process.
std::shared_ptr<OrderStore> MakeMemoryOrderStore();

}  // namespace bookstore
