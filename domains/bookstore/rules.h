// What the values of orders and events must be, beyond their types.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "domains/bookstore/events.h"

namespace bookstore {

// At least one item, each of 1 or more, and no book's sum out of range. kInvalidArgument begins
// with the path: "items[1].quantity: must be 1 or more, found -2".
absl::Status CheckItems(std::span<const OrderItem> items);

// At least one shortfall, and in each of them less available than requested.
absl::Status CheckShortfalls(std::span<const Shortfall> items);

// The same, said of an event: the path begins with `payload.`.
absl::Status InPayload(const absl::Status& status);

}  // namespace bookstore
