// The position of a log that everything before is done with, while messages are settled in any
// order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "omnibus/internal/ring.h"

namespace omnibus {

// One for each partition. Positions arrive ascending, with gaps (compaction and transactions leave
// them).
//
// Thread-safety: none; its owner guards it.
class Watermark {
 public:
  // `next` is where reading starts.
  explicit Watermark(std::int64_t next = 0) : position_(next) {}

  // `position` was handed out, and is unfinished now. Higher than all before.
  void Received(std::int64_t position);

  // False when it was not handed out, or was settled before.
  bool Settle(std::int64_t position);

  // Everything below is settled: what the broker may be told. Never passes an unfinished one.
  std::int64_t Position() const { return position_; }

  // What was settled above an unfinished one, ascending: Position() does not tell of these.
  std::vector<std::int64_t> SettledAhead() const;

  // Handed out, and not settled.
  std::size_t unfinished() const { return unfinished_; }

 private:
  struct Entry {
    std::int64_t position = 0;
    bool settled = false;
  };

  // Its place in entries_, or their number.
  std::size_t Find(std::int64_t position) const;

  internal::Ring<Entry> entries_;  // from the lowest unfinished one on, ascending
  std::int64_t position_;
  std::size_t unfinished_ = 0;
};

}  // namespace omnibus
