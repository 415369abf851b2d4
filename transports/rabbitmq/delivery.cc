#include "transports/rabbitmq/delivery.h"

#include <utility>

namespace omnibus::rabbitmq {

MessageOwner DeliveryPool::Take() {
  std::unique_ptr<Delivery> delivery;
  {
    const internal::Locked lock(mu_);
    if (!free_.empty()) {
      delivery = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!delivery) delivery = std::make_unique<Delivery>();
  delivery->pool = this;
  return MessageOwner(
      delivery.release(), +[](void* owned) {
        std::unique_ptr<Delivery> back(static_cast<Delivery*>(owned));
        DeliveryPool* const pool = back->pool;
        pool->GiveBack(std::move(back));
      });
}

std::string_view DeliveryPool::Intern(std::string_view name) {
  const internal::Locked lock(mu_);
  return *names_.emplace(name).first;
}

void DeliveryPool::GiveBack(std::unique_ptr<Delivery> delivery) {
  if (delivery->body.capacity() > kKeptBodyBytes || delivery->text.capacity() > kKeptBodyBytes)
    return;
  delivery->routing_key.clear();
  delivery->text.clear();
  delivery->body.clear();
  const internal::Locked lock(mu_);
  if (free_.size() < kKept) free_.push_back(std::move(delivery));
}

}  // namespace omnibus::rabbitmq
