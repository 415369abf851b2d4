#include "domains/bookstore/stock_store.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace bookstore {
namespace {

// Each book once, in the order in which they are first named.
std::vector<OrderItem> Summed(const std::vector<OrderItem>& items) {
  std::vector<OrderItem> sums;
  for (const OrderItem& item : items) {
    const auto same = std::find_if(sums.begin(), sums.end(), [&item](const OrderItem& other) {
      return other.book_id == item.book_id;
    });
    if (same == sums.end()) {
      sums.push_back(item);
    } else {
      same->quantity += item.quantity;
    }
  }
  return sums;
}

class MemoryStockStore final : public StockStore {
 public:
  explicit MemoryStockStore(std::map<std::int64_t, std::int64_t> stock)
      : stock_(std::move(stock)) {}

  absl::StatusOr<Reservation> Reserve(std::int64_t order_id,
                                      const std::vector<OrderItem>& items) override {
    const std::vector<OrderItem> wanted = Summed(items);
    absl::MutexLock lock(&mu_);
    const auto [answer, fresh] = answers_.try_emplace(order_id);
    Reservation& reservation = answer->second;
    if (!fresh) return reservation;

    reservation.items = items;
    for (const OrderItem& item : wanted) {
      const auto book = stock_.find(item.book_id);
      const std::int64_t available = book == stock_.end() ? 0 : book->second;
      if (available < item.quantity) {
        reservation.shortfalls.push_back({item.book_id, item.quantity, available});
      }
    }
    if (!reservation.shortfalls.empty()) return reservation;
    for (const OrderItem& item : wanted) stock_[item.book_id] -= item.quantity;
    return reservation;
  }

  absl::StatusOr<std::int64_t> Available(std::int64_t book_id) const override {
    absl::MutexLock lock(&mu_);
    const auto book = stock_.find(book_id);
    if (book == stock_.end()) {
      return absl::NotFoundError(absl::StrCat("the catalog has no book ", book_id));
    }
    return book->second;
  }

  absl::StatusOr<std::map<std::int64_t, std::int64_t>> List() const override {
    absl::MutexLock lock(&mu_);
    return stock_;
  }

 private:
  mutable absl::Mutex mu_;
  std::map<std::int64_t, std::int64_t> stock_ ABSL_GUARDED_BY(mu_);
  std::map<std::int64_t, Reservation> answers_ ABSL_GUARDED_BY(mu_);  // by order_id
};

}  // namespace

std::shared_ptr<StockStore> MakeMemoryStockStore(std::map<std::int64_t, std::int64_t> stock) {
  return std::make_shared<MemoryStockStore>(std::move(stock));
}

}  // namespace bookstore
