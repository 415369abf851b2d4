#include "bus/parking.h"

#include <utility>

namespace omnibus {
namespace {

// Where a group's members share one queue, a message that one of them put off may come back to
// another: whoever has waited that long for it, while others could have, waits no more.
constexpr absl::Duration kMissedAfter = absl::Seconds(30);

}  // namespace

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
  Places& places = keys_[delivery->order_key];
  auto found = places.find(delivery->sequence);
  if (delivery->sequence == 0 ||
      (found != places.end() && found->second.id != delivery->metadata.id)) {
    // It was put there by hand, or by another member.
    GivePlace(*delivery, places);
    found = places.find(delivery->sequence);
  } else if (found == places.end()) {
    found = places.emplace(delivery->sequence, Place{}).first;
    size_.fetch_add(1, std::memory_order_release);
  }
  Place& place = found->second;
  if (place.delivery != nullptr) {
    if (place.delivery->attempt >= delivery->attempt || place.waits) return false;
    place.delivery->superseded = true;
  }
  place.id = delivery->metadata.id;
  place.home = delivery->source;
  place.delivery = delivery;
  place.missed_at = absl::InfiniteFuture();
  return true;
}

bool Parking::IsFirst(const Delivery& delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(delivery);
  if (places == nullptr) return true;
  DropMissed(*places);
  return places->empty() || places->begin()->first >= delivery.sequence;
}

bool Parking::Wait(Delivery* delivery) {
  absl::MutexLock lock(&mu_);
  Places* places = PlacesOf(*delivery);
  if (places == nullptr) return false;
  const auto place = places->find(delivery->sequence);
  if (place == places->end() || place == places->begin()) return false;
  place->second.waits = true;
  return true;
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
  Place& next = places->begin()->second;
  return std::exchange(next.waits, false) ? next.delivery : nullptr;
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

void Parking::GivePlace(Delivery& delivery, Places& places) {
  delivery.sequence = places.empty() ? 1 : places.rbegin()->first + 1;
  places.emplace(delivery.sequence,
                 Place{delivery.metadata.id, delivery.source, nullptr, false, MissedAt(delivery)});
  size_.fetch_add(1, std::memory_order_release);
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
