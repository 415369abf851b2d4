#include "bus/lane.h"

#include <algorithm>

namespace omnibus {

std::size_t Lane::Add(std::span<Delivery* const> deliveries) {
  const internal::Locked lock(mu_);
  std::size_t ready = 0;
  for (Delivery* delivery : deliveries) {
    delivery->next = nullptr;
    if (delivery->lane_key != 0) {
      const auto [found, is_new] = keys_.try_emplace(delivery->lane_key);
      if (!is_new) {
        Key& key = found->second;
        (key.last == nullptr ? key.first : key.last->next) = delivery;
        key.last = delivery;
        if (!key.busy && Free(found)) ++ready;
        continue;
      }
    }
    ready_.push_back(delivery);
    ++ready;
  }
  return ready;
}

Delivery* Lane::Take() {
  const internal::Locked lock(mu_);
  if (ready_.empty()) return nullptr;
  Delivery* delivery = ready_.front();
  ready_.pop_front();
  return delivery;
}

void Lane::Resume(Delivery* delivery) {
  const internal::Locked lock(mu_);
  // What has begun goes first, so that it ends.
  ready_.push_front(delivery);
}

bool Lane::Pause(Delivery* delivery) {
  if (delivery->lane_key == 0) return false;
  const internal::Locked lock(mu_);
  const auto key = keys_.find(delivery->lane_key);
  key->second.pausing.push_back(delivery->chain());
  return Free(key);
}

bool Lane::Continue(Delivery* delivery) {
  const internal::Locked lock(mu_);
  if (delivery->lane_key != 0) {
    Key& key = keys_.find(delivery->lane_key)->second;
    key.pausing.erase(std::find(key.pausing.begin(), key.pausing.end(), delivery->chain()));
    if (key.busy) {
      delivery->next = key.first;
      key.first = delivery;
      if (key.last == nullptr) key.last = delivery;
      return false;
    }
    key.busy = true;
  }
  ready_.push_front(delivery);
  return true;
}

bool Lane::End(Delivery* delivery) {
  if (delivery->lane_key == 0) return false;
  const internal::Locked lock(mu_);
  return Free(keys_.find(delivery->lane_key));
}

bool Lane::Free(Keys::iterator key) {
  Key& state = key->second;
  state.busy = false;
  Delivery* before = nullptr;
  Delivery* next = state.first;
  const auto is_held = [&state](const Delivery& delivery) {
    return std::find(state.pausing.begin(), state.pausing.end(), delivery.chain()) !=
           state.pausing.end();
  };
  while (next != nullptr && is_held(*next)) {
    before = next;
    next = next->next;
  }
  if (next == nullptr) {
    if (state.first == nullptr && state.pausing.empty()) keys_.erase(key);
    return false;
  }
  (before == nullptr ? state.first : before->next) = next->next;
  if (state.last == next) state.last = before;
  next->next = nullptr;
  state.busy = true;
  ready_.push_back(next);
  return true;
}

}  // namespace omnibus
