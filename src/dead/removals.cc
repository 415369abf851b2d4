#include "dead/removals.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::dead {
namespace {

struct Range {
  std::int64_t partition = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

bool ParseRange(absl::string_view text, Range& range) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &range.partition)) return false;
  const std::vector<absl::string_view> ends = absl::StrSplit(parts[1], '-');
  if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &range.first) ||
      !absl::SimpleAtoi(ends.back(), &range.last)) {
    return false;
  }
  return range.partition >= 0 && range.first >= 0 && range.first <= range.last;
}

}  // namespace

std::string FormatRemoved(std::span<const Place> places) {
  std::string text;
  for (std::size_t i = 0; i < places.size();) {
    std::size_t end = i + 1;
    while (end < places.size() && places[end].partition == places[i].partition &&
           places[end].offset == places[end - 1].offset + 1) {
      ++end;
    }
    absl::StrAppend(&text, text.empty() ? "" : ",", places[i].partition, ":", places[i].offset);
    if (end > i + 1) absl::StrAppend(&text, "-", places[end - 1].offset);
    i = end;
  }
  return text;
}

bool Removals::Add(const ReceivedMessage& message) {
  const auto find = [&](std::string_view name) {
    return std::find_if(message.headers.begin(), message.headers.end(),
                        [&](const HeaderView& each) { return each.name == name; });
  };
  const auto header = find(kRemovedHeader);
  // A dead letter may have such a header of its original's, whoever sent that: it removes nothing.
  if (header == message.headers.end() || find("dead_channel") != message.headers.end())
    return false;
  std::vector<Range> ranges;
  for (absl::string_view text : absl::StrSplit(AbslView(header->value), ',')) {
    if (!ParseRange(text, ranges.emplace_back())) return true;
  }
  for (const Range& range : ranges) AddRange(range.partition, range.first, range.last);
  return true;
}

void Removals::AddRange(std::int64_t partition, std::int64_t first, std::int64_t last) {
  std::map<std::int64_t, std::int64_t>& known = ranges_[partition];
  auto next = known.upper_bound(first);
  if (next != known.begin()) {
    const auto before = std::prev(next);
    if (before->second >= first) {
      first = before->first;
      last = std::max(last, before->second);
    }
  }
  while (next != known.end() && next->first <= last) {
    last = std::max(last, next->second);
    next = known.erase(next);
  }
  known[first] = last;
}

bool Removals::Contains(const Place& place) const {
  const auto partition = ranges_.find(place.partition);
  if (partition == ranges_.end()) return false;
  const auto next = partition->second.upper_bound(place.offset);
  return next != partition->second.begin() && std::prev(next)->second >= place.offset;
}

}  // namespace omnibus::dead
