// Plain structs to JSON and back, by the same rules as events: for the bodies of HTTP requests, and
// for tests.
//
// This header brings reflection along, and costs about a second of compile time: include it in
// sources only.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/codec.h"

namespace omnibus {

// Compact JSON. kInvalidArgument, with the path, for what JSON cannot hold.
template <typename T>
absl::StatusOr<std::string> ToJson(const T& value, Naming naming = Naming::kSnake) {
  static_assert(internal::CheckFields<T>());
  internal::JsonOutput& out = internal::ThreadOutput();
  if (!internal::WriteJson(value, naming, out)) return out.status(/*root=*/{});
  return std::string(out.View());
}

// Strict about what is required, lenient about unknown fields, order and white space. The error
// names the path, what was expected and what was found: `items[1].quantity: expected an integer,
// found "two"`.
template <typename T>
absl::StatusOr<T> FromJson(std::string_view text, Naming naming = Naming::kSnake) {
  static_assert(internal::CheckFields<T>());
  T value = {};
  const absl::Status status = internal::ReadText(text, /*root=*/{}, [&](JsonValue& from) {
    return internal::ReadObject(from, naming, value);
  });
  if (!status.ok()) return status;
  return value;
}

}  // namespace omnibus
