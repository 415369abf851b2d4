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

std::size_t Watermark::Find(std::int64_t position) const {
  if (entries_.empty() || position < entries_.front().position) return entries_.size();
  // Without gaps it is this one, and with gaps one before it.
  const auto guess = static_cast<std::uint64_t>(position - entries_.front().position);
  std::size_t end = guess < entries_.size() ? static_cast<std::size_t>(guess) + 1 : entries_.size();
  if (entries_[end - 1].position == position) return end - 1;
  std::size_t begin = 0;
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (entries_[middle].position == position) return middle;
    if (entries_[middle].position < position) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return entries_.size();
}

bool Watermark::Settle(std::int64_t position) {
  const std::size_t found = Find(position);
  if (found == entries_.size() || entries_[found].settled) return false;
  entries_[found].settled = true;
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
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].settled) ahead.push_back(entries_[i].position);
  }
  return ahead;
}

}  // namespace omnibus
