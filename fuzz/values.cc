// Times, decimals, UUIDs, and JSON of any shape.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "omnibus/decimal.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace {

using namespace omnibus;

// Whatever is read and written again is the same, and is written the same way from then on.
template <typename Value>
void ReadTwice(absl::StatusOr<Value> (*parse)(std::string_view), std::string_view text) {
  const absl::StatusOr<Value> value = parse(text);
  if (!value.ok()) return;
  const std::string written = ToString(*value);
  const absl::StatusOr<Value> again = parse(written);
  fuzz::CheckOk(again.status(), "what was written is read");
  fuzz::Check(*again == *value, "it is the same value");
  fuzz::Check(ToString(*again) == written, "it is written the same way");
}

void Walk(JsonValue& value, int depth) {
  constexpr int kDeepest = 64;
  std::string_view name;
  if (depth < kDeepest && value.IsString()) {
    std::string text;
    value.Read(text);
  } else if (depth < kDeepest && depth % 2 == 0) {
    if (!value.BeginObject()) return;
    while (value.NextField(name)) Walk(value, depth + 1);
  } else if (depth < kDeepest) {
    if (!value.BeginArray()) return;
    while (value.NextElement()) Walk(value, depth + 1);
  } else {
    value.Skip();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ReadTwice<Timestamp>(&ParseTimestamp, text);
  ReadTwice<Decimal>(&ParseDecimal, text);
  ReadTwice<Uuid>(&ParseUuid, text);
  JsonValue skipped;
  std::string_view all;
  if (skipped.Start(text) && skipped.Skip(all)) skipped.Finish();
  JsonValue walked;
  if (walked.Start(text)) Walk(walked, 0);
  return 0;
}
