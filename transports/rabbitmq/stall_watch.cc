#include "transports/rabbitmq/stall_watch.h"

#include <algorithm>
#include <utility>

namespace omnibus::rabbitmq {

void StallWatch::Begin(absl::Time now) {
  due_ = now + every_;
  delivered_ = signs_ = 0;
  asked_ = false;
}

StallWatch::Verdict StallWatch::Look(absl::Time now, int delivered, bool is_full,
                                     std::optional<std::uint32_t> waiting) {
  if (now < due_) return Verdict::kWell;
  const bool quiet = std::exchange(delivered_, delivered) == delivered;
  if (!quiet) every_ = kEvery;
  due_ = now + every_;
  if (!quiet || is_full) {
    signs_ = 0;
    asked_ = false;
    return Verdict::kWell;
  }
  if (asked_ && waiting) signs_ = *waiting > 0 ? signs_ + 1 : 0;
  if (signs_ < kEnough) {
    asked_ = true;
    return Verdict::kAsk;
  }
  every_ = std::min(2 * every_, kLongest);
  return Verdict::kStalled;
}

}  // namespace omnibus::rabbitmq
