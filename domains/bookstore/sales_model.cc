#include "domains/bookstore/sales_model.h"

#include <limits>
#include <map>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace bookstore {
namespace {

enum class Result { kOpen, kConfirmed, kRejected };

// What is known of one order: its events may come in any order.
struct Sale {
  std::optional<omnibus::Decimal> total_amount;
  bool requested = false;
  Result result = Result::kOpen;
};

class MemorySalesModel final : public SalesModel {
 public:
  absl::Status RecordOrder(std::int64_t order_id, omnibus::Decimal total_amount) override {
    absl::MutexLock lock(&mu_);
    Sale& sale = sales_[order_id];
    if (sale.total_amount.has_value()) {
      if (*sale.total_amount == total_amount) return absl::OkStatus();
      return absl::FailedPreconditionError(
          absl::StrCat("order ", order_id, " was created with another total amount before"));
    }
    if (sale.result == Result::kConfirmed) {
      if (absl::Status status = Earn(total_amount); !status.ok()) return status;
    }
    sale.total_amount = total_amount;
    ++report_.orders;
    return absl::OkStatus();
  }

  absl::Status RecordRequest(std::int64_t order_id) override {
    absl::MutexLock lock(&mu_);
    Sale& sale = sales_[order_id];
    if (!sale.requested) ++report_.requests;
    sale.requested = true;
    return absl::OkStatus();
  }

  absl::Status RecordSuccess(std::int64_t order_id) override {
    absl::MutexLock lock(&mu_);
    Sale& sale = sales_[order_id];
    if (sale.result == Result::kConfirmed) return absl::OkStatus();
    if (sale.result == Result::kRejected) return Contradicts(order_id, "failed");
    if (sale.total_amount.has_value()) {
      if (absl::Status status = Earn(*sale.total_amount); !status.ok()) return status;
    }
    sale.result = Result::kConfirmed;
    ++report_.confirmed;
    return absl::OkStatus();
  }

  absl::Status RecordFailure(std::int64_t order_id, const std::vector<Shortfall>& items) override {
    absl::MutexLock lock(&mu_);
    Sale& sale = sales_[order_id];
    if (sale.result == Result::kRejected) return absl::OkStatus();
    if (sale.result == Result::kConfirmed) return Contradicts(order_id, "succeeded");
    sale.result = Result::kRejected;
    ++report_.rejected;
    std::map<std::int64_t, std::int64_t> missing;  // a book counts once for each order
    for (const Shortfall& item : items) {
      AddUp(missing[item.book_id], item.requested - item.available);
    }
    for (const auto& [book_id, copies] : missing) {
      BookFailures& book = failures_[book_id];
      book.book_id = book_id;
      ++book.failures;
      AddUp(book.missing, copies);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SalesReport> Report() const override {
    absl::MutexLock lock(&mu_);
    SalesReport report = report_;
    for (const auto& [book_id, book] : failures_) report.failures_by_book.push_back(book);
    return report;
  }

 private:
  static absl::Status Contradicts(std::int64_t order_id, const char* before) {
    return absl::FailedPreconditionError(
        absl::StrCat("the reservation of order ", order_id, " has ", before, " before"));
  }

  // Stays at the largest number that there is: foreign events may say anything.
  static void AddUp(std::int64_t& sum, std::int64_t more) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    sum = more > kMax - sum ? kMax : sum + more;
  }

  absl::Status Earn(omnibus::Decimal amount) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    absl::StatusOr<omnibus::Decimal> revenue = report_.revenue.Plus(amount);
    if (!revenue.ok()) return revenue.status();
    report_.revenue = *revenue;
    return absl::OkStatus();
  }

  mutable absl::Mutex mu_;
  std::map<std::int64_t, Sale> sales_ ABSL_GUARDED_BY(mu_);             // by order_id
  std::map<std::int64_t, BookFailures> failures_ ABSL_GUARDED_BY(mu_);  // by book_id
  SalesReport report_ ABSL_GUARDED_BY(mu_);                             // without the books
};

}  // namespace

std::shared_ptr<SalesModel> MakeMemorySalesModel() { return std::make_shared<MemorySalesModel>(); }

}  // namespace bookstore
