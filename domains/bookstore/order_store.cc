#include "domains/bookstore/order_store.h"

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace bookstore {
namespace {

absl::Status NoSuchOrder(std::int64_t order_id) {
  return absl::NotFoundError(absl::StrCat("there is no order ", order_id));
}

class MemoryOrderStore final : public OrderStore {
 public:
  absl::Status Insert(const Order& order) override {
    absl::MutexLock lock(&mu_);
    if (!orders_.emplace(order.order_id, order).second) {
      return absl::AlreadyExistsError(absl::StrCat("there is an order ", order.order_id));
    }
    return absl::OkStatus();
  }

  absl::Status Remove(std::int64_t order_id) override {
    absl::MutexLock lock(&mu_);
    orders_.erase(order_id);
    return absl::OkStatus();
  }

  absl::StatusOr<Order> Find(std::int64_t order_id) const override {
    absl::MutexLock lock(&mu_);
    const auto found = orders_.find(order_id);
    if (found == orders_.end()) return NoSuchOrder(order_id);
    return found->second;
  }

  absl::Status Resolve(std::int64_t order_id, OrderStatus status) override {
    absl::MutexLock lock(&mu_);
    const auto found = orders_.find(order_id);
    if (found == orders_.end()) return NoSuchOrder(order_id);
    Order& order = found->second;
    if (order.status != OrderStatus::created && order.status != status) {
      return absl::FailedPreconditionError(absl::StrCat(
          "order ", order_id, " was ",
          order.status == OrderStatus::confirmed ? "confirmed" : "rejected", " before"));
    }
    order.status = status;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Order>> List() const override {
    absl::MutexLock lock(&mu_);
    std::vector<Order> orders;
    orders.reserve(orders_.size());
    for (const auto& [id, order] : orders_) orders.push_back(order);
    return orders;
  }

 private:
  mutable absl::Mutex mu_;
  std::map<std::int64_t, Order> orders_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::shared_ptr<OrderStore> MakeMemoryOrderStore() { return std::make_shared<MemoryOrderStore>(); }

}  // namespace bookstore
