// What was removed from a log of dead letters. A log forgets nothing by itself, so what is replayed
// or purged is written behind the dead letters, in the same log: a removal is as durable as what it
// removes, outlives it, and is seen by whoever reads the log to its end.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "omnibus/transport.h"

namespace omnibus::dead {

struct Place {
  std::int64_t partition = 0;
  std::int64_t offset = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

// The header of a removal's record: `0:4-9,0:12` names offsets 4 to 9 and 12 of partition 0. Its
// record has no body.
inline constexpr char kRemovedHeader[] = "dead_removed";

// `places` are ascending.
std::string FormatRemoved(std::span<const Place> places);

class Removals {
 public:
  // Whether `message` is a removal's record; what it removes is added then. One that cannot be read
  // removes nothing.
  bool Add(const ReceivedMessage& message);

  bool Contains(const Place& place) const;

 private:
  void AddRange(std::int64_t partition, std::int64_t first, std::int64_t last);

  // For each partition, the first offsets of ranges, and their last. They do not overlap.
  std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> ranges_;
};

}  // namespace omnibus::dead
