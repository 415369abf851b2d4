#include "bus/lane.h"

namespace omnibus {

std::size_t Lane::Add(std::span<Delivery* const> deliveries) {
  absl::MutexLock lock(&mu_);
  std::size_t ready = 0;
  for (Delivery* delivery : deliveries) {
    delivery->next = nullptr;
    if (delivery->lane_key != 0) {
      const auto [key, is_new] = keys_.try_emplace(delivery->lane_key, Key{delivery});
      if (!is_new) {
        key->second.last->next = delivery;
        key->second.last = delivery;
        continue;
      }
    }
    ready_.push_back(delivery);
    ++ready;
  }
  return ready;
}

Delivery* Lane::Take() {
  absl::MutexLock lock(&mu_);
  if (ready_.empty()) return nullptr;
  Delivery* delivery = ready_.front();
  ready_.pop_front();
  return delivery;
}

void Lane::Resume(Delivery* delivery) {
  absl::MutexLock lock(&mu_);
  // What has begun goes first, so that it ends.
  ready_.push_front(delivery);
}

bool Lane::End(Delivery* delivery) {
  if (delivery->lane_key == 0) return false;
  absl::MutexLock lock(&mu_);
  Delivery* next = delivery->next;
  delivery->next = nullptr;
  if (next == nullptr) {
    keys_.erase(delivery->lane_key);
    return false;
  }
  ready_.push_back(next);
  return true;
}

}  // namespace omnibus
