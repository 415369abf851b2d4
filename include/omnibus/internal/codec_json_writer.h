// Compact JSON being written. Not for applications.
//
// The templates that walk an event know this type alone: how characters get into the buffer is its
// affair. Names come as whole fragments (`,"orderId":`), made at compile time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "omnibus/decimal.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::internal {

// Thread-safety: none.
class JsonWriter {
 public:
  // Appends to `out`, which outlives it.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void Append(char c) { out_.push_back(c); }
  void Append(std::string_view fragment) { out_.append(fragment); }

  void Write(bool value) { out_.append(value ? "true" : "false"); }
  void WriteSigned(std::int64_t value);
  void WriteUnsigned(std::uint64_t value);
  void Write(const Uuid& value);
  void Write(Timestamp value);
  void Write(Decimal value);

  // These may fail: false, and the error is kept.
  bool Write(double value);                // must be finite
  bool WriteText(std::string_view value);  // must be UTF-8; written as a string

  bool Fail(std::string_view what);
  // While an error is on its way out: what failed is within this field or element.
  bool FailedIn(std::string_view field);
  bool FailedIn(std::size_t element);

  // kInvalidArgument, with the path.
  absl::Status status(std::string_view root) const;

 private:
  std::string& out_;
  std::string path_;
  std::string error_;
};

}  // namespace omnibus::internal
