#include "transports/kafka/position_doubt.h"

#include <algorithm>

namespace omnibus::kafka {

PositionDoubt::Verdict PositionDoubt::Judge(std::int64_t position, const Bounds& bounds,
                                            bool another_log, absl::Time now) {
  BackOff(now);
  if (another_log) return Verdict::kStartOver;
  if (position <= bounds.high) {
    past_end_ = 0;
    return position < bounds.low ? Verdict::kSkip : Verdict::kGoOn;
  }
  if (past_end_++ == 0) past_end_since_ = now;
  const bool believed = past_end_ >= kBelieveAnswers && now >= past_end_since_ + kBelieveAfter;
  return believed ? Verdict::kStartOver : Verdict::kWait;
}

void PositionDoubt::BackOff(absl::Time now) {
  // A doubt that comes again soon is the same one: the broker that we ask and the one that we read
  // from may not be of one mind for a while.
  const bool again = now < asked_ + kBelieveAfter;
  pause_ = again ? std::min(2 * pause_, kLongestPause) : kFirstPause;
  asked_ = now;
  ask_at_ = now + pause_;
}

}  // namespace omnibus::kafka
