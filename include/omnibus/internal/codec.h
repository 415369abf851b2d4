// All that a plain struct needs to be written and read: the machinery behind omnibus/codec.h and
// omnibus/json.h.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/codec_describe.h"
#include "omnibus/internal/codec_output.h"
#include "omnibus/internal/codec_read.h"
#include "omnibus/internal/codec_write.h"

namespace omnibus::internal {

// Appends to what `out` holds; false when there was an error, which it keeps.
template <typename T>
bool WriteJson(const T& value, Naming naming, JsonOutput& out) {
  char* const at = out.Reserve(Bound(value));
  char* const end = PutContent(at, value, naming, out);
  if (end == nullptr) return false;
  out.Commit(end);
  return true;
}

// The calling thread's own, emptied. Valid until the next call.
JsonOutput& ThreadOutput();

// Appends what `write` makes of `event`: EventType::encode.
absl::Status EncodeBy(bool (*write)(const void* event, Naming naming, JsonOutput& out),
                      const void* event, Naming naming, std::string& out);

// Parses `text`, and lets `read` read its outermost object; `root` is the path of that.
absl::Status ReadText(std::string_view text, std::string_view root,
                      absl::FunctionRef<bool(JsonValue&)> read);

}  // namespace omnibus::internal
