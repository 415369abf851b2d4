#include "omnibus/watermark.h"

#include <algorithm>
#include <cassert>

#include "runtime/planted_bug.h"

namespace omnibus {

void Watermark::Received(std::int64_t position) {
  assert(position >= position_);
  assert(entries_.empty() || position > entries_.back().position);
  entries_.push_back({position, false});
  ++unfinished_;
}

bool Watermark::Settle(std::int64_t position) {
  const auto entry = std::lower_bound(
      entries_.begin(), entries_.end(), position,
      [](const Entry& each, std::int64_t wanted) { return each.position < wanted; });
  if (entry == entries_.end() || entry->position != position || entry->settled) return false;
  entry->settled = true;
  --unfinished_;
  while (!entries_.empty() && entries_.front().settled) {
    position_ = entries_.front().position + 1;
    entries_.pop_front();
  }
  if (Planted(PlantedBug::kCommitPastUnfinished)) position_ = std::max(position_, position + 1);
  return true;
}

std::vector<std::int64_t> Watermark::SettledAhead() const {
  std::vector<std::int64_t> ahead;
  for (const Entry& entry : entries_) {
    if (entry.settled) ahead.push_back(entry.position);
  }
  return ahead;
}

}  // namespace omnibus
