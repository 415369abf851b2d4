#include "bus/parking.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace omnibus {
namespace {

// Where a group's members share one queue, a message that one of them put off may come back to
// another: whoever has waited that long for it, while others could have, waits no more.
constexpr absl::Duration kMissedAfter = absl::Seconds(30);

// The same where the broker has not said that it has it.
constexpr absl::Duration kNeverHeardOf = absl::Minutes(10);

// However little was read meanwhile: the lack of room may be the fault of places that nobody fills.
constexpr absl::Duration kGivenUpAfter = absl::Minutes(10);

// Where numbers are given, they leave room for a release that is read back before all others.
constexpr std::uint64_t kRound = std::uint64_t{1} << 32;

// While a key is released, what comes from the channel has places from here on, and what comes from
// the dead letters those before. What has a place there may die, and be released, in its turn.
std::uint64_t AfterRelease(std::uint64_t release) {
  // One that was read back first of all: it says nothing of the round that it has released, whose
  // letters may still come.
  if (release < kRound) return std::uint64_t{1} << 62;
  return (release / kRound + 1) * kRound;
}

}  // namespace

Parking::Kind Parking::KindOf(const Delivery& delivery) {
  if (delivery.release != Delivery::Release::kNone) return Kind::kReleasing;
  return delivery.parks ? Kind::kParked : Kind::kMessage;
}

Parking::Entry Parking::Enter(Delivery& delivery) {
  if (empty()) return Entry::kFree;
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return Entry::kFree;
  DropMissed(*places);
  if (places->empty()) {
    keys_.erase(delivery.order_key);
    return Entry::kFree;
  }
  for (const auto& [position, place] : *places) {
    if (place.delivery != nullptr && position.second == delivery.metadata.id) {
      return Entry::kRepeats;
    }
  }
  if (places->size() == 1 && places->begin()->second.kind == Kind::kParked &&
      places->begin()->first.first < NumberFor(delivery, *places)) {
    Hinder(delivery, Delivery::Hinders::kAnnouncement);
    return Entry::kParked;
  }
  if (!HasRoomFor(delivery)) return Entry::kFull;
  GivePlace(delivery, *places);
  return Entry::kBehind;
}

bool Parking::Reserve(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  if (delivery.sequence != 0) return true;
  if (!HasRoomFor(delivery)) return false;
  GivePlace(delivery, keys_[delivery.order_key]);
  return true;
}

Parking::Arrival Parking::Arrive(Delivery* delivery) {
  absl::MutexLock lock(&mu_);
  if (delivery->release == Delivery::Release::kDone) return {.has_place = true};  // it needs none
  const bool releases = delivery->release != Delivery::Release::kNone;
  if (releases) Hinder(*delivery, Delivery::Hinders::kEndOfRelease);
  Places& places = keys_[delivery->order_key];
  auto found = Find(*delivery, places);
  if (found == places.end()) found = GivePlace(*delivery, places);
  delivery->sequence = found->first.first;
  Place& place = found->second;
  Arrival arrival;
  if (place.delivery != nullptr) {
    // Of two releases the last one counts: whoever sent it waits for its note. A copy of the mark
    // that comes after them does not.
    const bool is_newer =
        releases || (place.attempt < delivery->attempt && !place.waits && !IsRelease(place));
    if (!is_newer) return arrival;
    place.delivery->superseded = true;
    if (std::exchange(place.waits, false)) arrival.given_back = place.delivery;
  }
  // A release that this one supersedes may be ended by whoever sent it.
  if (!IsRelease(place)) place.releases.clear();
  if (releases) place.releases.push_back(delivery->release_id);
  place.kind = KindOf(*delivery);
  place.home = delivery->source;
  place.delivery = delivery;
  place.attempt = delivery->attempt;
  place.missed_at = place.given_up_at = absl::InfiniteFuture();
  arrival.has_place = true;
  return arrival;
}

Parking::Turn Parking::TurnOf(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return Turn::kNow;
  DropMissed(*places);
  const Turn turn = TurnOf(*places, PositionOf(delivery));
  if (turn == Turn::kParked) Hinder(delivery, Delivery::Hinders::kAnnouncement);
  return turn;
}

Parking::Turn Parking::TurnOf(const Places& places, const Position& position) {
  auto first = places.begin();
  if (first == places.end() || first->first >= position) return Turn::kNow;
  if (first->second.kind != Kind::kParked) return Turn::kLater;
  ++first;
  return first == places.end() || first->first >= position ? Turn::kParked : Turn::kLater;
}

bool Parking::Wait(Delivery* delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(*delivery);
  if (places == nullptr || TurnOf(*places, PositionOf(*delivery)) != Turn::kLater) return false;
  const auto found = places->find(PositionOf(*delivery));
  if (found == places->end() || found->second.delivery != delivery) return false;
  found->second.waits = true;
  return true;
}

void Parking::BeginToPark(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  if (delivery.superseded) return;
  Places& places = keys_[delivery.order_key];
  auto found = Find(delivery, places);
  if (found == places.end()) found = GivePlace(delivery, places);
  delivery.sequence = found->first.first;
  Place& place = found->second;
  if (place.delivery != nullptr && place.delivery != &delivery) {
    // Another member has buried it too, or put it off: that copy stands for both.
    delivery.superseded = true;
    return;
  }
  place.kind = Kind::kParked;
  place.delivery = &delivery;
  place.attempt = delivery.attempt;
}

bool Parking::Park(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return false;
  const auto found = Find(delivery, *places);
  if (found == places->end()) return false;
  Place& place = found->second;
  if (place.delivery != nullptr && place.delivery != &delivery) return false;
  place.kind = Kind::kParked;
  place.delivery = nullptr;
  Expect(place, delivery, kNeverHeardOf);
  return true;
}

Uuid Parking::ParkedBehind(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  const Places* places = PlacesOf(delivery);
  if (places == nullptr) return {};
  // One that is read again may have come before it since then.
  const auto head = std::find_if(places->begin(), places->end(), [](const auto& each) {
    return each.second.kind != Kind::kMessage;
  });
  return head == places->end() ? Uuid{} : head->first.second;
}

Parking::State Parking::StateOf(const Delivery& release) {
  absl::MutexLock lock(&mu_);
  const Places* places = PlacesOf(release);
  if (places == nullptr) return State::kFree;
  const auto place = places->find(PositionOf(release));
  if (place == places->end() || place->second.delivery != &release) return State::kFree;
  if (place->second.kind == Kind::kReleasing) return State::kReleasing;
  return place->second.kind == Kind::kReleased ? State::kReleased : State::kFree;
}

bool Parking::Finish(const Delivery& done) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(done);
  if (places == nullptr) return false;
  for (auto& [position, place] : *places) {
    if (!IsRelease(place) || position.second != done.metadata.id) continue;
    // The same event may have been released before, and died again: the end of that may still be
    // here.
    const auto& ids = place.releases;
    if (std::find(ids.begin(), ids.end(), done.release_id) == ids.end()) continue;
    place.kind = Kind::kReleased;
    return true;
  }
  return false;
}

bool Parking::IsHindered(const Delivery& delivery, Delivery::Hinders by) {
  absl::MutexLock lock(&mu_);
  return hindrances_.contains({by, delivery.order_key});
}

void Parking::Hinder(Delivery& delivery, Delivery::Hinders what) {
  if (delivery.hinders == what) return;
  delivery.hinders = what;
  ++hindrances_[{what, delivery.order_key}];
}

void Parking::HinderNoMore(Delivery& delivery) {
  if (delivery.hinders == Delivery::Hinders::kNothing) return;
  absl::MutexLock lock(&mu_);
  const auto found = hindrances_.find({delivery.hinders, delivery.order_key});
  if (--found->second == 0) hindrances_.erase(found);
  delivery.hinders = Delivery::Hinders::kNothing;
}

void Parking::Depart(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return;
  const auto place = places->find(PositionOf(delivery));
  if (place == places->end() || place->second.delivery != &delivery) return;
  place->second.delivery = nullptr;
  Expect(place->second, delivery, kNeverHeardOf);
}

void Parking::Miss(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return;
  const auto place = places->find(PositionOf(delivery));
  if (place == places->end() || place->second.delivery != nullptr) return;
  Expect(place->second, delivery, kMissedAfter);
}

Delivery* Parking::Leave(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return nullptr;
  const auto place = places->find(PositionOf(delivery));
  if (place == places->end() || place->second.delivery != &delivery) return nullptr;
  places->erase(place);
  size_.fetch_sub(1, std::memory_order_release);
  if (places->empty()) {
    keys_.erase(delivery.order_key);
    return nullptr;
  }
  for (auto& [position, next] : *places) {
    if (TurnOf(*places, position) == Turn::kLater) break;
    if (std::exchange(next.waits, false)) return next.delivery;
  }
  return nullptr;
}

std::vector<Delivery*> Parking::TakeWaiting(const Delivery& delivery) {
  std::vector<Delivery*> taken;
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return taken;
  for (auto& [position, place] : *places) {
    if (std::exchange(place.waits, false)) taken.push_back(place.delivery);
  }
  return taken;
}

std::vector<Delivery*> Parking::TakeWaiting(absl::FunctionRef<bool(const Source&)> which) {
  std::vector<Delivery*> taken;
  if (empty()) return taken;
  absl::MutexLock lock(&mu_);
  for (auto& [key, places] : keys_) {
    for (auto& [position, place] : places) {
      if (place.waits && which(*place.home)) {
        place.waits = false;
        taken.push_back(place.delivery);
      }
    }
  }
  return taken;
}

std::vector<Delivery*> Parking::Forget(absl::FunctionRef<bool(const Source&)> is_gone) {
  std::vector<Delivery*> waiting;
  if (empty()) return waiting;
  absl::MutexLock lock(&mu_);
  for (auto key = keys_.begin(); key != keys_.end();) {
    Places& places = key->second;
    for (auto each = places.begin(); each != places.end();) {
      const Place& place = each->second;
      if (!is_gone(*place.home)) {
        ++each;
        continue;
      }
      if (place.waits) waiting.push_back(place.delivery);
      each = places.erase(each);
      size_.fetch_sub(1, std::memory_order_release);
    }
    if (places.empty()) {
      keys_.erase(key++);
    } else {
      ++key;
    }
  }
  return waiting;
}

bool Parking::IsRelease(const Place& place) {
  return place.kind == Kind::kReleasing || place.kind == Kind::kReleased;
}

// What came from a source that is lost would get its place after Forget(), and keep it for ever.
bool Parking::HasRoomFor(const Delivery& delivery) const {
  return size_ < limit_ && !delivery.source->lost;
}

Parking::Places* Parking::PlacesOf(const Delivery& delivery) {
  const auto found = keys_.find(delivery.order_key);
  return found == keys_.end() ? nullptr : &found->second;
}

Parking::Position Parking::PositionOf(const Delivery& delivery) {
  return {delivery.sequence, delivery.metadata.id};
}

// Its own place, or that of another delivery of its event. A release also takes that of the event
// itself, where a crash came between its dead letter and its mark; a mark that of another one (two
// members have buried the event), or of a release that came before it.
Parking::Places::iterator Parking::Find(const Delivery& delivery, Places& places) {
  const auto own = places.find({NumberFor(delivery, places), delivery.metadata.id});
  const bool releases = delivery.release != Delivery::Release::kNone;
  if (own != places.end() || (!releases && !delivery.parks)) return own;
  return std::find_if(places.begin(), places.end(), [&](const auto& each) {
    return each.first.second == delivery.metadata.id &&
           (releases || each.second.kind != Kind::kMessage);
  });
}

// The number of the place that it has, or that it is to be given. (What was put into a log's retry
// queue by hand has no offset.)
std::uint64_t Parking::NumberFor(const Delivery& delivery, const Places& places) {
  if (delivery.sequence != 0) return delivery.sequence;
  if (delivery.message.offset >= 0) return static_cast<std::uint64_t>(delivery.message.offset) + 1;
  // A release that its queue held from before a restart: what it has taken over is settled, and
  // what waits for it may have come before it.
  const bool releases = delivery.release != Delivery::Release::kNone;
  if (releases && !delivery.source->caught_up) return 1;
  // In a log that is before all that has an offset, and else comes to wait for this one.
  if (places.empty()) return delivery.source->shared ? kRound : 1;
  const std::uint64_t next = places.rbegin()->first.first + 1;
  const auto head = std::find_if(places.rbegin(), places.rend(), [](const auto& each) {
    return each.second.kind != Kind::kMessage;
  });
  if (head == places.rend()) return next;
  const std::uint64_t after = AfterRelease(head->first.first);
  if (!delivery.put_off) return std::max(next, after);
  return std::prev(places.lower_bound({after, Uuid{}}))->first.first + 1;
}

Parking::Places::iterator Parking::GivePlace(Delivery& delivery, Places& places) {
  delivery.sequence = NumberFor(delivery, places);
  const auto [found, is_new] = places.try_emplace(PositionOf(delivery));
  if (!is_new) return found;
  size_.fetch_add(1, std::memory_order_release);
  found->second.home = delivery.source;
  Expect(found->second, delivery, kNeverHeardOf);
  return found;
}

void Parking::DropMissed(Places& places) {
  const absl::Time now = runtime_.Now();
  const absl::Time read = clock_.Now();
  while (!places.empty()) {
    const Place& first = places.begin()->second;
    if (first.delivery != nullptr || (read < first.missed_at && now < first.given_up_at)) return;
    places.erase(places.begin());
    size_.fetch_sub(1, std::memory_order_release);
  }
}

void Parking::Expect(Place& place, const Delivery& delivery, absl::Duration time) const {
  if (!delivery.source->shared) {
    place.missed_at = place.given_up_at = absl::InfiniteFuture();
    return;
  }
  place.missed_at = clock_.Now() + time;
  place.given_up_at = runtime_.Now() + kGivenUpAfter;
}

}  // namespace omnibus
