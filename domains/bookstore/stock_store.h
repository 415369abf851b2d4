// Where catalog-service keeps its stock, and what it has answered to whom.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "domains/bookstore/events.h"

namespace bookstore {

// The answer to an order's first request.
struct Reservation {
  std::vector<OrderItem> items = {};       // as they were asked for
  std::vector<Shortfall> shortfalls = {};  // each book once; none: all is reserved

  friend bool operator==(const Reservation&, const Reservation&) = default;
};

// Each call is atomic. A database's errors are kUnavailable.
//
// Thread-safety: any thread, concurrently.
class StockStore {
 public:
  virtual ~StockStore() = default;

  // All or nothing; no book's stock goes below zero. `items` are as CheckItems() wants them; a book
  // that is named twice counts with the sum, and one that is not known has 0. An order is reserved
  // once: later calls give the first one's answer, whatever they ask for.
  virtual absl::StatusOr<Reservation> Reserve(std::int64_t order_id,
                                              const std::vector<OrderItem>& items) = 0;

  // What is left of a book; kNotFound: the catalog does not know it.
  virtual absl::StatusOr<std::int64_t> Available(std::int64_t book_id) const = 0;

  // Of all books, by book_id.
  virtual absl::StatusOr<std::map<std::int64_t, std::int64_t>> List() const = 0;
};

// Lives as long as the process. `stock` is what is available of each book, 0 or more.
std::shared_ptr<StockStore> MakeMemoryStockStore(std::map<std::int64_t, std::int64_t> stock);

}  // namespace bookstore
