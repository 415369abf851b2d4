// What becomes of a position that a broker's answers do not agree with.
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace omnibus::kafka {

// A node that comes back may take itself for a partition's leader for a moment, with fewer messages
// than it missed: the position is past its end then, as it is for good when the topic was deleted
// and made again. Time tells these two apart.
//
// One for each partition in doubt. Thread-safety: none; its owner guards it.
class PositionDoubt {
 public:
  // That the log has started over is believed when all answers of this time said so,
  static constexpr absl::Duration kBelieveAfter = absl::Seconds(10);
  // and there were so many.
  static constexpr int kBelieveAnswers = 5;
  // Between two questions: doubled from one to the next.
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
  static constexpr absl::Duration kLongestPause = absl::Seconds(1);

  // The messages that a broker has: from `low` on, before `high`.
  struct Bounds {
    std::int64_t low = 0;
    std::int64_t high = 0;
  };

  enum class Verdict {
    kGoOn,       // the position is good
    kSkip,       // what was to come is not kept any more: go on at `low`
    kWait,       // ask again
    kStartOver,  // another log, or one that has lost messages: go on at `low`
  };

  // When the broker is to be asked (again).
  absl::Time ask_at() const { return ask_at_; }

  // What its answer means for `position`, the next one to read. `another_log`: a message that was
  // read before is a different one by now.
  Verdict Judge(std::int64_t position, const Bounds& bounds, bool another_log, absl::Time now);

  // It has not answered, which says nothing.
  void NoAnswer(absl::Time now) { BackOff(now); }

 private:
  void BackOff(absl::Time now);

  absl::Time asked_ = absl::InfinitePast();
  absl::Time ask_at_ = absl::InfinitePast();
  absl::Duration pause_;
  absl::Time past_end_since_;
  int past_end_ = 0;  // answers, one after the other
};

}  // namespace omnibus::kafka
