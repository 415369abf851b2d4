// What analytics-service knows of sales: a read model, made of events in whatever order they come.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/bookstore/events.h"
#include "omnibus/decimal.h"

namespace bookstore {

struct BookFailures {
  std::int64_t book_id = 0;
  std::int64_t failures = 0;  // orders that failed for want of this book
  std::int64_t missing = 0;   // copies that those orders wanted beyond what was there

  friend bool operator==(const BookFailures&, const BookFailures&) = default;
};

struct SalesReport {
  std::int64_t orders = 0;        // created
  std::int64_t requests = 0;      // that asked for stock
  std::int64_t confirmed = 0;     // that got it
  std::int64_t rejected = 0;      // that did not
  omnibus::Decimal revenue = {};  // the total amounts of orders that were created and confirmed
  std::vector<BookFailures> failures_by_book = {};  // by book_id

  friend bool operator==(const SalesReport&, const SalesReport&) = default;
};

// Each call is atomic, and the same call again has no further effect. kFailedPrecondition: it
// contradicts what was recorded before. kOutOfRange: a sum cannot be held. A database's errors are
// kUnavailable.
//
// Thread-safety: any thread, concurrently.
class SalesModel {
 public:
  virtual ~SalesModel() = default;

  virtual absl::Status RecordOrder(std::int64_t order_id, omnibus::Decimal total_amount) = 0;
  virtual absl::Status RecordRequest(std::int64_t order_id) = 0;
  virtual absl::Status RecordSuccess(std::int64_t order_id) = 0;
  virtual absl::Status RecordFailure(std::int64_t order_id,
                                     const std::vector<Shortfall>& items) = 0;

  virtual absl::StatusOr<SalesReport> Report() const = 0;
};

// Lives as long as the process.
std::shared_ptr<SalesModel> MakeMemorySalesModel();

}  // namespace bookstore
