#include "transport_testing/history.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace omnibus::transport_testing {
namespace {

void Print(std::ostream& out, std::string_view what, const std::vector<std::string>& found) {
  constexpr std::size_t kShown = 8;
  if (found.empty()) return;
  out << found.size() << " " << what << ":";
  for (std::size_t i = 0; i < std::min(kShown, found.size()); ++i) out << " " << found[i];
  out << (found.size() > kShown ? " ...\n" : "\n");
}

}  // namespace

bool Report::clean() const {
  return lost.empty() && duplicated.empty() && reordered.empty() && settled_without_right.empty() &&
         phantoms.empty() && without_outcome.empty();
}

std::ostream& operator<<(std::ostream& out, const Report& report) {
  if (report.clean()) return out << "clean";
  Print(out, "lost", report.lost);
  Print(out, "duplicated", report.duplicated);
  Print(out, "repeated after they were settled", report.repeated_after_settle);
  Print(out, "repeated after the broker was told", report.repeated_after_told);
  Print(out, "reordered", report.reordered);
  Print(out, "settled without right", report.settled_without_right);
  Print(out, "phantoms", report.phantoms);
  Print(out, "without exactly one outcome", report.without_outcome);
  return out;
}

void History::Expect(std::string_view group, std::string_view channel) {
  absl::MutexLock lock(&mu_);
  groups_[std::string(channel)].emplace(group);
}

void History::Published(std::string_view channel, std::string_view id, std::string_view key,
                        std::string_view sender) {
  absl::MutexLock lock(&mu_);
  Publish publish;
  publish.channel = channel;
  publish.id = id;
  publish.key = key;
  publish.sender = sender;
  if (const auto due = groups_.find(channel); due != groups_.end()) publish.due = due->second;
  by_id_.emplace(publish.id, publishes_.size());
  publishes_.push_back(std::move(publish));
}

void History::Outcome(std::string_view id, const absl::Status& outcome) {
  absl::MutexLock lock(&mu_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    publishes_[found->second].outcomes.push_back(outcome);
  }
}

void History::Refused(std::string_view id) {
  absl::MutexLock lock(&mu_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    publishes_[found->second].refused = true;
  }
}

void History::Delivered(std::string_view group, std::string_view member, std::string_view channel,
                        std::string_view id) {
  absl::MutexLock lock(&mu_);
  Event event;
  event.group = group;
  event.member = member;
  event.channel = channel;
  event.id = id;
  events_.push_back(std::move(event));
}

void History::Settled(std::string_view group, std::string_view member, std::string_view id,
                      bool accepted) {
  absl::MutexLock lock(&mu_);
  Event event;
  event.kind = Event::Kind::kSettled;
  event.group = group;
  event.member = member;
  event.id = id;
  event.accepted = accepted;
  events_.push_back(std::move(event));
}

void History::Told(std::string_view group, std::string_view member) {
  absl::MutexLock lock(&mu_);
  Event event;
  event.kind = Event::Kind::kTold;
  event.group = group;
  event.member = member;
  events_.push_back(std::move(event));
}

std::size_t History::deliveries(std::string_view group) const {
  absl::MutexLock lock(&mu_);
  return static_cast<std::size_t>(
      std::count_if(events_.begin(), events_.end(), [&](const Event& event) {
        return event.kind == Event::Kind::kDelivered && event.group == group;
      }));
}

std::size_t History::published(std::string_view channel) const {
  absl::MutexLock lock(&mu_);
  return static_cast<std::size_t>(std::count_if(
      publishes_.begin(), publishes_.end(),
      [&](const Publish& publish) { return publish.channel == channel && !publish.refused; }));
}

std::size_t History::confirmed(std::string_view channel) const {
  absl::MutexLock lock(&mu_);
  return static_cast<std::size_t>(
      std::count_if(publishes_.begin(), publishes_.end(), [&](const Publish& publish) {
        return publish.channel == channel && !publish.outcomes.empty() && publish.outcomes[0].ok();
      }));
}

std::size_t History::delivered(std::string_view channel) const {
  absl::MutexLock lock(&mu_);
  std::set<std::string_view> ids;
  for (const Event& event : events_) {
    if (event.kind == Event::Kind::kDelivered && event.channel == channel) ids.insert(event.id);
  }
  return ids.size();
}

Report History::Check() const {
  absl::MutexLock lock(&mu_);
  Report report;
  CheckPublishes(report);
  CheckEvents(report);
  CheckOrder(report);
  return report;
}

void History::CheckPublishes(Report& report) const {
  std::set<std::pair<std::string_view, std::string_view>> seen;  // group, id
  for (const Event& event : events_) {
    if (event.kind == Event::Kind::kDelivered) seen.emplace(event.group, event.id);
  }
  for (const Publish& publish : publishes_) {
    if (publish.outcomes.size() != (publish.refused ? 0u : 1u)) {
      report.without_outcome.push_back(publish.id);
    }
    const bool confirmed = !publish.outcomes.empty() && publish.outcomes[0].ok();
    if (!confirmed) continue;
    for (const std::string& group : publish.due) {
      if (!seen.contains({group, publish.id})) report.lost.push_back(publish.id + "@" + group);
    }
  }
}

void History::CheckEvents(Report& report) const {
  struct Fate {
    std::string holder;  // the member to whom it was delivered last
    bool delivered = false;
    bool settled = false;
    bool told = false;
  };
  std::map<std::pair<std::string_view, std::string_view>, Fate> fates;  // group, id
  for (const Event& event : events_) {
    if (event.kind == Event::Kind::kTold) {
      for (auto& [key, fate] : fates) {
        if (key.first != event.group || fate.holder != event.member) continue;
        if (fate.settled) fate.told = true;
      }
      continue;
    }
    const std::string name = event.id + "@" + event.group;
    Fate& fate = fates[{event.group, event.id}];
    if (event.kind == Event::Kind::kSettled) {
      if (!event.accepted) continue;
      // Also what is settled a second time: the first time has ended it.
      if (fate.holder != event.member || fate.settled) {
        report.settled_without_right.push_back(name + " by " + event.member);
      }
      fate.settled = true;
      continue;
    }
    const auto published = by_id_.find(event.id);
    if (published == by_id_.end() || publishes_[published->second].channel != event.channel) {
      report.phantoms.push_back(name + " from " + event.channel);
    }
    if (fate.delivered) report.duplicated.push_back(name);
    if (fate.delivered && fate.settled) report.repeated_after_settle.push_back(name);
    if (fate.delivered && fate.told) report.repeated_after_told.push_back(name);
    fate.delivered = true;
    fate.settled = false;
    fate.told = false;
    fate.holder = event.member;
  }
}

void History::CheckOrder(Report& report) const {
  // What one sender sent under one key comes in that order: the first time that the group sees it,
  // and within what one member sees of it.
  std::map<std::tuple<std::string_view, std::string, std::string, std::string>, std::size_t> last;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Event& event : events_) {
    if (event.kind != Event::Kind::kDelivered) continue;
    if (!seen.emplace(event.group, event.id).second) continue;
    const auto found = by_id_.find(event.id);
    if (found == by_id_.end()) continue;
    const Publish& publish = publishes_[found->second];
    if (publish.key.empty()) continue;
    const auto [at, fresh] = last.try_emplace(
        {event.group, publish.channel, publish.key, publish.sender}, found->second);
    if (fresh) continue;
    if (found->second < at->second) {
      report.reordered.push_back(event.id + "@" + event.group + " after " +
                                 publishes_[at->second].id);
    } else {
      at->second = found->second;
    }
  }
}

}  // namespace omnibus::transport_testing
