#include "domains/bookstore/rules.h"

#include <cstddef>
#include <limits>
#include <map>

#include "absl/strings/str_cat.h"

namespace bookstore {

absl::Status CheckItems(std::span<const OrderItem> items) {
  if (items.empty()) return absl::InvalidArgumentError("items: must not be empty");
  std::map<std::int64_t, std::int64_t> sums;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].quantity < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("items[", i, "].quantity: must be 1 or more, found ", items[i].quantity));
    }
    std::int64_t& sum = sums[items[i].book_id];
    if (items[i].quantity > std::numeric_limits<std::int64_t>::max() - sum) {
      return absl::InvalidArgumentError(
          absl::StrCat("items[", i, "].quantity: too much of book ", items[i].book_id, " in all"));
    }
    sum += items[i].quantity;
  }
  return absl::OkStatus();
}

absl::Status CheckShortfalls(std::span<const Shortfall> items) {
  if (items.empty()) return absl::InvalidArgumentError("items: must not be empty");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].requested < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("items[", i, "].requested: must be 1 or more, found ", items[i].requested));
    }
    if (items[i].available < 0 || items[i].available >= items[i].requested) {
      return absl::InvalidArgumentError(
          absl::StrCat("items[", i, "].available: must be 0 or more and less than the ",
                       items[i].requested, " requested, found ", items[i].available));
    }
  }
  return absl::OkStatus();
}

absl::Status InPayload(const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("payload.", status.message()));
}

}  // namespace bookstore
