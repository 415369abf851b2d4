#include "transports/memory/group.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omnibus::memory {

Group::Reading& Group::ReadingOf(const Seat& seat) {
  auto found = std::find_if(readings_.begin(), readings_.end(),
                            [&](const auto& each) { return each->log == seat.log; });
  if (found == readings_.end()) {
    readings_.push_back(std::make_unique<Reading>());
    found = std::prev(readings_.end());
    (*found)->log = seat.log;
    (*found)->cursor = seat.cursor;
    (*found)->shares.resize(seat.log->partitions());
  }
  Reading& reading = **found;
  for (const Side& side : seat.sides) {
    if (std::any_of(reading.sides.begin(), reading.sides.end(),
                    [&](const Side& known) { return known.log == side.log; })) {
      continue;
    }
    // What the group has put off, it wants back, wherever it starts in the channel.
    reading.sides.push_back(side);
    for (std::size_t i = 0; i < reading.shares.size(); ++i) {
      reading.shares[i].sides.emplace_back().handover.position =
          side.cursor->settled[i].load(std::memory_order_acquire);
    }
  }
  return reading;
}

absl::Status Group::Join(Member& member, std::span<const Seat> seats, StartFrom start_from,
                         absl::Duration release_timeout, absl::Time now) {
  absl::MutexLock lock(&mu_);
  if (start_from == StartFrom::kError) {
    for (const Seat& seat : seats) {
      if (seat.cursor->started) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("memory: group ", name_, " is new to ", seat.log->name(),
                       ", and start_from is error: say earliest or latest"));
    }
  }
  for (const Seat& seat : seats) {
    Reading& reading = ReadingOf(seat);
    if (!seat.cursor->started) {
      seat.cursor->started = true;
      for (std::size_t i = 0; i < reading.shares.size(); ++i) {
        const std::int64_t start = start_from == StartFrom::kLatest
                                       ? seat.log->End(i)
                                       : seat.cursor->settled[i].load(std::memory_order_acquire);
        seat.cursor->settled[i].store(start, std::memory_order_release);
        reading.shares[i].channel.handover.position = start;
      }
    }
    Attendant& attendant = reading.members.emplace_back();
    attendant.member = &member;
    attendant.release_timeout = release_timeout;
    for (const Side& side : seat.sides) attendant.sides.push_back(side.log);
    Balance(reading, now);
  }
  UpdateExpiry();
  return absl::OkStatus();
}

void Group::Leave(Member& member, absl::Time now) {
  absl::MutexLock lock(&mu_);
  for (const auto& reading : readings_) {
    const auto left = std::remove_if(reading->members.begin(), reading->members.end(),
                                     [&](const Attendant& each) { return each.member == &member; });
    if (left == reading->members.end()) continue;
    reading->members.erase(left, reading->members.end());
    std::vector<std::uint32_t> sources;
    for (std::size_t i = 0; i < reading->shares.size(); ++i) {
      if (reading->shares[i].owner == &member) TakeBack(*reading, i, sources);
    }
    Balance(*reading, now);
  }
  UpdateExpiry();
}

void Group::Release(Member& member, std::uint64_t epoch, absl::Time now) {
  absl::MutexLock lock(&mu_);
  for (const auto& reading : readings_) {
    std::vector<std::uint32_t> sources;
    for (std::size_t i = 0; i < reading->shares.size(); ++i) {
      const Share& share = reading->shares[i];
      if (share.owner != &member || !share.leaving || share.asked != epoch) continue;
      TakeBack(*reading, i, sources);
    }
    if (!sources.empty()) Balance(*reading, now);
  }
  UpdateExpiry();
}

void Group::Expire(absl::Time now) {
  if (now < next_expiry()) return;
  absl::MutexLock lock(&mu_);
  for (const auto& reading : readings_) {
    std::vector<std::pair<Member*, std::vector<std::uint32_t>>> lost;  // in a fixed order
    for (std::size_t i = 0; i < reading->shares.size(); ++i) {
      const Share& share = reading->shares[i];
      if (share.owner == nullptr || !share.leaving || share.until > now) continue;
      Member* const owner = share.owner;
      if (lost.empty() || lost.back().first != owner) lost.push_back({owner, {}});
      TakeBack(*reading, i, lost.back().second);
    }
    for (auto& [owner, sources] : lost) {
      owner->Tell(ConsumerEvent::Kind::kLost, ++last_epoch_, std::move(sources));
    }
    if (!lost.empty()) Balance(*reading, now);
  }
  UpdateExpiry();
}

void Group::Balance(Reading& reading, absl::Time now) {
  if (reading.members.empty()) return;
  std::vector<std::size_t> held(reading.members.size(), 0);
  for (const Share& share : reading.shares) {
    for (std::size_t m = 0; m < held.size(); ++m) {
      if (share.owner == reading.members[m].member && !share.leaving) ++held[m];
    }
  }
  // Those that have most may have one more than the others, where it does not come out even.
  std::vector<std::size_t> order(held.size());
  for (std::size_t m = 0; m < order.size(); ++m) order[m] = m;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return held[a] > held[b]; });
  const std::size_t even = reading.shares.size() / held.size();
  const std::size_t odd = reading.shares.size() % held.size();
  std::vector<std::size_t> due(held.size());
  for (std::size_t i = 0; i < order.size(); ++i) due[order[i]] = even + (i < odd ? 1 : 0);

  for (std::size_t m = 0; m < held.size(); ++m) {
    if (held[m] > due[m]) AskFor(reading, reading.members[m], held[m] - due[m], now);
  }
  for (const std::size_t m : order) {
    const Attendant& attendant = reading.members[m];
    std::vector<Member::Grant> grants;
    for (std::size_t i = 0; i < reading.shares.size() && held[m] < due[m]; ++i) {
      if (reading.shares[i].owner != nullptr) continue;
      for (Member::Grant& grant : Give(reading, i, attendant)) grants.push_back(std::move(grant));
      ++held[m];
    }
    if (!grants.empty()) attendant.member->Assign(++last_epoch_, grants);
  }
}

std::vector<Member::Grant> Group::Give(Reading& reading, std::size_t partition,
                                       const Attendant& to) {
  Share& share = reading.shares[partition];
  share.owner = to.member;
  std::vector<Member::Grant> grants;
  const auto give = [&](Log* log, Cursor* cursor, Leg& leg, bool side) {
    leg.held = true;
    Member::Grant& grant = grants.emplace_back();
    grant.log = log;
    grant.cursor = cursor;
    grant.partition = partition;
    grant.side = side;
    grant.from = std::exchange(leg.handover, Handover{});
  };
  for (std::size_t s = 0; s < reading.sides.size(); ++s) {
    const Side& side = reading.sides[s];
    if (std::find(to.sides.begin(), to.sides.end(), side.log) == to.sides.end()) continue;
    give(side.log, side.cursor, share.sides[s], true);
  }
  give(reading.log, reading.cursor, share.channel, false);
  return grants;
}

void Group::TakeBack(Reading& reading, std::size_t partition, std::vector<std::uint32_t>& sources) {
  Share& share = reading.shares[partition];
  Member& owner = *share.owner;
  const auto take = [&](const Log& log, Leg& leg) {
    if (!leg.held) return;
    leg.held = false;
    sources.emplace_back();
    leg.handover = owner.Take(log, partition, &sources.back());
  };
  for (std::size_t s = 0; s < reading.sides.size(); ++s) {
    take(*reading.sides[s].log, share.sides[s]);
  }
  take(*reading.log, share.channel);
  share.owner = nullptr;
  share.leaving = false;
}

void Group::AskFor(Reading& reading, const Attendant& from, std::size_t count, absl::Time now) {
  std::vector<std::uint32_t> sources;
  const std::uint64_t epoch = ++last_epoch_;
  for (std::size_t i = reading.shares.size(); i-- > 0 && count > 0;) {
    Share& share = reading.shares[i];
    if (share.owner != from.member || share.leaving) continue;
    share.leaving = true;
    share.asked = epoch;
    share.until = now + from.release_timeout;
    for (std::size_t s = 0; s < reading.sides.size(); ++s) {
      if (!share.sides[s].held) continue;
      sources.push_back(from.member->Stop(*reading.sides[s].log, i));
    }
    sources.push_back(from.member->Stop(*reading.log, i));
    --count;
  }
  from.member->Tell(ConsumerEvent::Kind::kRevoked, epoch, std::move(sources));
}

void Group::UpdateExpiry() {
  std::int64_t first = kNever;
  for (const auto& reading : readings_) {
    for (const Share& share : reading->shares) {
      if (share.leaving) first = std::min(first, absl::ToUnixNanos(share.until));
    }
  }
  const std::int64_t before = next_expiry_.exchange(first, std::memory_order_relaxed);
  if (first >= before) return;
  // Somebody has to come back in time, and may be waiting for longer.
  for (const auto& reading : readings_) {
    for (const Attendant& attendant : reading->members) attendant.member->Wake();
  }
}

}  // namespace omnibus::memory
