// Positions handed out and settled in any order, against a model that is plainly right.
#include <cstddef>
#include <cstdint>
#include <map>

#include "fuzz/check.h"
#include "omnibus/watermark.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using omnibus::fuzz::Check;
  omnibus::Watermark watermark(0);
  std::map<std::int64_t, bool> model;  // handed out; whether it is settled
  std::int64_t next = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::int64_t operand = data[i] >> 1;
    if (data[i] & 1) {
      next += operand % 4;  // a gap
      watermark.Received(next);
      model[next++] = false;
      continue;
    }
    const std::int64_t position = next - 1 - operand;
    const auto found = model.find(position);
    const bool may = found != model.end() && !found->second;
    Check(watermark.Settle(position) == may, "it is settled once, when it was handed out");
    if (may) found->second = true;
    std::size_t unfinished = 0;
    std::int64_t lowest = -1;
    for (const auto& [each, settled] : model) {
      if (settled) continue;
      ++unfinished;
      if (lowest < 0) lowest = each;
    }
    Check(watermark.unfinished() == unfinished, "unfinished ones are counted");
    Check(lowest < 0 || watermark.Position() <= lowest, "it never passes an unfinished one");
    Check(lowest >= 0 || model.empty() || watermark.Position() == next, "all are settled");
  }
  return 0;
}
