#include "bus/parking.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace omnibus {
namespace {

// Where a group's members share one queue, a message that one of them put off may come back to
// another: whoever has waited that long for it, while others could have, waits no more.
constexpr absl::Duration kMissedAfter = absl::Seconds(30);

// While a key is released, what comes from the channel has places from here on, and what comes from
// the dead letters those before. What has a place there may die, and be released, in its turn.
std::uint64_t AfterRelease(std::uint64_t release) { return ((release >> 32) + 1) << 32; }

// Where a release was, as far as can be told from one that came behind it. 0: it cannot.
std::uint64_t PlaceBefore(std::uint64_t place) {
  // Not behind the place that it had: what followed that one is counted from there.
  const auto start = [](std::uint64_t round) { return std::max<std::uint64_t>(round << 32, 1); };
  const std::uint64_t round = place >> 32;
  if (start(round) < place) return start(round);
  return round == 0 ? 0 : start(round - 1);
}

}  // namespace

// `heads`: nothing of its key is before it.
Parking::Kind Parking::KindOf(const Delivery& delivery, bool heads) {
  if (delivery.release != Delivery::Release::kNone && heads) return Kind::kReleasing;
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
  for (const auto& [number, place] : *places) {
    if (place.delivery != nullptr && place.id == delivery.metadata.id) return Entry::kRepeats;
  }
  if (places->size() == 1 && places->begin()->second.kind == Kind::kParked) {
    Hinder(delivery, Delivery::Hinders::kAnnouncement);
    return Entry::kParked;
  }
  if (size_ >= limit_) return Entry::kFull;
  GivePlace(delivery, *places);
  return Entry::kBehind;
}

bool Parking::Reserve(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  if (delivery.sequence != 0) return true;
  if (size_ >= limit_) return false;
  GivePlace(delivery, keys_[delivery.order_key]);
  return true;
}

bool Parking::Arrive(Delivery* delivery) {
  absl::MutexLock lock(&mu_);
  if (delivery->release == Delivery::Release::kDone) return true;  // it has no place
  if (delivery->release != Delivery::Release::kNone) {
    Hinder(*delivery, Delivery::Hinders::kEndOfRelease);
  }
  Places& places = keys_[delivery->order_key];
  if (delivery->parks && (GiveToRelease(*delivery, places) || HasMark(*delivery, places))) {
    return false;
  }
  MoveReleaseBefore(*delivery, places);
  auto found = Find(*delivery, places);
  bool takes_over = false;
  if (delivery->release != Delivery::Release::kNone) {
    // Also that of the event itself, where a crash came between its dead letter and its mark.
    found = std::find_if(places.begin(), places.end(), [&](const auto& each) {
      return !each.second.waits && each.second.id == delivery->metadata.id;
    });
    takes_over = found != places.end();
  }
  if (takes_over || (found != places.end() && found->second.id == delivery->metadata.id)) {
    delivery->sequence = found->first;
    delivery->written = found->second.written;
    found->second.guessed = false;
  } else if (const std::uint64_t first = FirstPlaceOf(*delivery, places); first != 0) {
    delivery->sequence = first;
    found = places.emplace(first, Place{}).first;
    found->second.guessed = true;
    size_.fetch_add(1, std::memory_order_release);
  } else if (delivery->sequence == 0 || found != places.end()) {
    // It was put there by hand, or by another member; or one that has ended is read again, and what
    // follows this one has its number from there.
    const std::uint64_t written = delivery->source->caught_up ? 0 : delivery->sequence;
    GivePlace(*delivery, places);
    found = places.find(delivery->sequence);
    found->second.written = delivery->written = written;
  } else {
    found = places.emplace(delivery->sequence, Place{}).first;
    size_.fetch_add(1, std::memory_order_release);
  }
  Place& place = found->second;
  if (place.delivery != nullptr) {
    // Of two releases the last one counts: whoever sent it waits for its note. A copy of the mark
    // that comes after them does not.
    const bool is_newer =
        takes_over || (place.delivery->attempt < delivery->attempt && !place.waits &&
                       place.delivery->release == Delivery::Release::kNone);
    if (!is_newer) return false;
    place.delivery->superseded = true;
  }
  place.id = delivery->metadata.id;
  // A release that this one supersedes may be ended by whoever sent it.
  const bool supersedes = place.kind == Kind::kReleasing || place.kind == Kind::kReleased;
  if (!supersedes) place.releases.clear();
  if (delivery->release != Delivery::Release::kNone) place.releases.push_back(delivery->release_id);
  place.kind = KindOf(*delivery, takes_over || places.begin() == found);
  place.home = delivery->source;
  place.delivery = delivery;
  place.missed_at = absl::InfiniteFuture();
  return true;
}

Parking::Turn Parking::TurnOf(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return Turn::kNow;
  DropMissed(*places);
  const Turn turn = TurnOf(*places, delivery.sequence);
  if (turn == Turn::kParked) Hinder(delivery, Delivery::Hinders::kAnnouncement);
  return turn;
}

Parking::Turn Parking::TurnOf(const Places& places, std::uint64_t number) {
  auto first = places.begin();
  if (first == places.end() || first->first >= number) return Turn::kNow;
  if (first->second.kind != Kind::kParked) return Turn::kLater;
  ++first;
  return first == places.end() || first->first >= number ? Turn::kParked : Turn::kLater;
}

bool Parking::Wait(Delivery* delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(*delivery);
  if (places == nullptr || TurnOf(*places, delivery->sequence) != Turn::kLater) return false;
  const auto place = places->find(delivery->sequence);
  if (place == places->end()) return false;
  place->second.waits = true;
  return true;
}

void Parking::BeginToPark(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  if (delivery.superseded) return;
  Places& places = keys_[delivery.order_key];
  const auto found = places.find(delivery.sequence);
  if (found == places.end() && HasMark(delivery, places)) {
    delivery.superseded = true;
    return;
  }
  Place& place = found == places.end() ? GivePlace(delivery, places) : found->second;
  place.kind = Kind::kParked;
  place.delivery = &delivery;
}

void Parking::Park(Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places& places = keys_[delivery.order_key];
  const auto found = places.find(delivery.sequence);
  Place& place = found == places.end() ? GivePlace(delivery, places) : found->second;
  place.kind = Kind::kParked;
  // Where the outcome was unknown, a mark may be here already.
  if (place.delivery != nullptr && place.delivery != &delivery) return;
  place.delivery = nullptr;
  place.missed_at = MissedAt(delivery);
}

Uuid Parking::ParkedBehind(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  const Places* places = PlacesOf(delivery);
  return places == nullptr || places->empty() ? Uuid{} : places->begin()->second.id;
}

Parking::State Parking::StateOf(const Delivery& release) {
  absl::MutexLock lock(&mu_);
  const Places* places = PlacesOf(release);
  if (places == nullptr) return State::kFree;
  const auto place = places->find(release.sequence);
  if (place == places->end() || place->second.delivery != &release) return State::kFree;
  if (place->second.kind == Kind::kReleasing) return State::kReleasing;
  return place->second.kind == Kind::kReleased ? State::kReleased : State::kFree;
}

bool Parking::Finish(const Delivery& done) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(done);
  if (places == nullptr) return false;
  for (auto& [number, place] : *places) {
    const bool is_release = place.kind == Kind::kReleasing || place.kind == Kind::kReleased;
    if (!is_release || place.id != done.metadata.id) continue;
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
  const auto place = places->find(delivery.sequence);
  if (place == places->end() || place->second.delivery != &delivery) return;
  place->second.delivery = nullptr;
  place->second.missed_at = MissedAt(delivery);
}

Delivery* Parking::Leave(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return nullptr;
  const auto place = places->find(delivery.sequence);
  if (place == places->end() || place->second.delivery != &delivery) return nullptr;
  places->erase(place);
  size_.fetch_sub(1, std::memory_order_release);
  if (places->empty()) {
    keys_.erase(delivery.order_key);
    return nullptr;
  }
  for (auto& [number, next] : *places) {
    if (TurnOf(*places, number) == Turn::kLater) break;
    if (std::exchange(next.waits, false)) return next.delivery;
  }
  return nullptr;
}

std::vector<Delivery*> Parking::TakeWaiting(const Delivery& delivery) {
  std::vector<Delivery*> taken;
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return taken;
  for (auto& [number, place] : *places) {
    if (std::exchange(place.waits, false)) taken.push_back(place.delivery);
  }
  return taken;
}

std::vector<Delivery*> Parking::TakeWaiting(absl::FunctionRef<bool(const Source&)> which) {
  std::vector<Delivery*> taken;
  if (empty()) return taken;
  absl::MutexLock lock(&mu_);
  for (auto& [key, places] : keys_) {
    for (auto& [number, place] : places) {
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

Parking::Places* Parking::PlacesOf(const Delivery& delivery) {
  const auto found = keys_.find(delivery.order_key);
  return found == keys_.end() ? nullptr : &found->second;
}

// Of a release that its queue held from before a restart: what it has taken over is settled, and
// what waits for it may have come before it. 0: it has none before the others.
std::uint64_t Parking::FirstPlaceOf(const Delivery& release, const Places& places) {
  const bool is_known = release.source->caught_up || release.sequence != 0;
  if (release.release == Delivery::Release::kNone || is_known || places.empty()) return 0;
  return PlaceBefore(places.begin()->first);
}

// Its own place, or that of another one with its number.
Parking::Places::iterator Parking::Find(const Delivery& delivery, Places& places) {
  const auto found = places.find(delivery.sequence);
  if (found != places.end() && found->second.id == delivery.metadata.id) return found;
  const auto moved = std::find_if(places.begin(), places.end(), [&](const auto& each) {
    return each.second.written != 0 && each.second.written == delivery.sequence &&
           each.second.id == delivery.metadata.id;
  });
  return moved == places.end() ? found : moved;
}

void Parking::Move(Places::iterator place, std::uint64_t number, Places& places) {
  Places::node_type node = places.extract(place);
  node.key() = number;
  node.mapped().delivery->sequence = number;
  places.insert(std::move(node));
}

// A release that is read back was given a place before what was there then: what comes now may have
// been before that, and behind the release.
void Parking::MoveReleaseBefore(const Delivery& delivery, Places& places) {
  if (delivery.source->caught_up || delivery.sequence == 0 || places.empty()) return;
  if (delivery.release != Delivery::Release::kNone) return;
  const auto first = places.begin();
  if (!first->second.guessed || first->first < delivery.sequence) return;
  const Delivery* release = first->second.delivery;
  if (release == nullptr || release->source != delivery.source) return;
  if (first->second.id == delivery.metadata.id) return;
  const std::uint64_t number = PlaceBefore(delivery.sequence);
  if (number != 0 && number < first->first) Move(first, number, places);
}

// A release that came before its mark, where a crash was between the dead letter and the mark: the
// place is the mark's.
bool Parking::GiveToRelease(const Delivery& mark, Places& places) {
  if (mark.source->caught_up || mark.release != Delivery::Release::kNone) return false;
  if (mark.sequence == 0 || places.contains(mark.sequence)) return false;
  const auto found = std::find_if(places.begin(), places.end(), [&](const auto& each) {
    const Delivery* release = each.second.delivery;
    return each.second.id == mark.metadata.id && release != nullptr &&
           release->source == mark.source && release->release != Delivery::Release::kNone;
  });
  if (found == places.end()) return false;
  found->second.kind = Kind::kReleasing;
  found->second.guessed = false;
  Move(found, mark.sequence, places);
  return true;
}

// Whether another mark of the same event is here: two members have buried it.
bool Parking::HasMark(const Delivery& delivery, const Places& places) {
  return std::any_of(places.begin(), places.end(), [&](const auto& each) {
    const Delivery* mark = each.second.delivery;
    return each.second.id == delivery.metadata.id && each.first != delivery.sequence &&
           each.second.kind == Kind::kParked && mark != nullptr && mark != &delivery && mark->parks;
  });
}

Parking::Place& Parking::GivePlace(Delivery& delivery, Places& places) {
  std::uint64_t number = places.empty() ? 1 : places.rbegin()->first + 1;
  if (!places.empty() && places.begin()->second.kind != Kind::kMessage) {
    const std::uint64_t after = AfterRelease(places.begin()->first);
    if (delivery.put_off) {
      number = std::prev(places.lower_bound(after))->first + 1;
    } else {
      number = std::max(number, after);
    }
  }
  delivery.sequence = number;
  size_.fetch_add(1, std::memory_order_release);
  Place& place = places[number];
  place.id = delivery.metadata.id;
  place.home = delivery.source;
  place.missed_at = MissedAt(delivery);
  return place;
}

void Parking::DropMissed(Places& places) {
  const absl::Time now = runtime_.Now();
  while (!places.empty() && places.begin()->second.delivery == nullptr &&
         places.begin()->second.missed_at <= now) {
    places.erase(places.begin());
    size_.fetch_sub(1, std::memory_order_release);
  }
}

absl::Time Parking::MissedAt(const Delivery& delivery) const {
  return delivery.source->shared ? runtime_.Now() + kMissedAfter : absl::InfiniteFuture();
}

}  // namespace omnibus
