#include "tests/soak/tally.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace omnibus::soak {
namespace {

// Several processes may write of one tick, and are read one after the other.
void Earliest(std::int64_t& first, std::int64_t at) {
  first = first == 0 ? at : std::min(first, at);
}

}  // namespace

void Tally::Follow(const std::string& path, int group) { journals_.emplace_back(path, group); }

absl::Status Tally::ReadNew() {
  std::vector<Entry> entries;
  for (std::size_t process = 0; process < journals_.size(); ++process) {
    entries.clear();
    if (absl::Status status = journals_[process].reader.ReadNew(entries); !status.ok()) {
      return status;
    }
    for (const Entry& entry : entries) {
      Take(static_cast<int>(process), journals_[process], entry);
    }
  }
  return absl::OkStatus();
}

TickFate& Tally::FateOf(const Entry& entry) {
  const auto sender = static_cast<std::size_t>(entry.sender);
  const auto number = static_cast<std::size_t>(entry.number);
  if (senders_.size() <= sender) senders_.resize(sender + 1);
  if (senders_[sender].size() <= number) senders_[sender].resize(number + 1);
  return senders_[sender][number];
}

void Tally::Take(int process, Followed& journal, const Entry& entry) {
  const auto group = static_cast<std::size_t>(std::max(journal.group, 0));
  switch (entry.mark) {
    case Mark::kReady:
      journal.ready = true;
      return;
    case Mark::kClosed:
      if (entry.detail != 0) {
        bad_closes_.push_back(absl::StrCat(journal.path, ": status code ", entry.detail));
      }
      return;
    case Mark::kDeadLettered:
      ++dead_letters_;
      return;
    case Mark::kPublished: {
      TickFate& fate = FateOf(entry);
      fate.published = entry.at;
      fate.key = entry.detail;
      ++published_;
      return;
    }
    case Mark::kOutcome: {
      TickFate& fate = FateOf(entry);
      if (++fate.outcomes > 1) return;
      fate.outcome = entry.at;
      fate.code = entry.detail;
      ++with_outcome_;
      if (!fate.confirmed()) return;
      ++confirmed_;
      if (fate.published >= since_) confirmed_since_ = true;
      for (std::size_t i = 0; i < kGroups.size(); ++i) {
        if (fate.groups[i].handled != 0) ++handled_[i];
      }
      return;
    }
    case Mark::kDelivered:
    case Mark::kRepeated: {
      const bool again = entry.mark == Mark::kRepeated;
      // The bus's own next attempt after one that failed: no delivery.
      if (!again && entry.detail > 1) {
        ++retried_;
        return;
      }
      arrivals_.push_back({entry.at, journal.group, process, entry.sender, entry.number, again});
      TickFate& fate = FateOf(entry);
      if (!again) Earliest(fate.groups[group].delivered, entry.at);
      if (fate.published >= since_) delivered_since_[group] = true;
      return;
    }
    case Mark::kHandled: {
      if (entry.detail != 0) return;
      TickFate& fate = FateOf(entry);
      if (fate.groups[group].handled == 0 && fate.confirmed()) ++handled_[group];
      Earliest(fate.groups[group].handled, entry.at);
      return;
    }
  }
}

std::int64_t Tally::behind(int group) const {
  return confirmed_ - handled_[static_cast<std::size_t>(group)];
}

void Tally::Watch(std::int64_t since) {
  since_ = since;
  confirmed_since_ = false;
  delivered_since_ = {};
}

bool Tally::flows() const {
  return confirmed_since_ && std::all_of(delivered_since_.begin(), delivered_since_.end(),
                                         [](bool delivered) { return delivered; });
}

}  // namespace omnibus::soak
