// All that a plain struct needs to be written and read: the machinery behind omnibus/codec.h and
// omnibus/json.h.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/codec_describe.h"
#include "omnibus/internal/codec_read.h"
#include "omnibus/internal/codec_write.h"

namespace omnibus::internal {

template <typename T>
absl::Status WriteJson(const T& value, Naming naming, std::string_view root, std::string& out) {
  JsonWriter writer(out);
  const bool written = naming == Naming::kSnake ? WriteObject<Naming::kSnake>(writer, value)
                                                : WriteObject<Naming::kCamel>(writer, value);
  return written ? absl::OkStatus() : writer.status(root);
}

template <typename T>
bool ReadJson(JsonValue& from, Naming naming, T& value) {
  return naming == Naming::kSnake ? ReadObject<Naming::kSnake>(from, value)
                                  : ReadObject<Naming::kCamel>(from, value);
}

// Parses `text`, and lets `read` read its outermost object; `root` is the path of that.
absl::Status ReadText(std::string_view text, std::string_view root,
                      absl::FunctionRef<bool(JsonValue&)> read);

}  // namespace omnibus::internal
