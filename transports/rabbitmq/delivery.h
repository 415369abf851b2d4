// What a received message's views point to.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "omnibus/internal/lock.h"
#include "omnibus/transport.h"

namespace omnibus::rabbitmq {

class DeliveryPool;

struct Delivery {
  DeliveryPool* pool = nullptr;
  std::string routing_key;
  std::string text;  // properties and headers
  std::string body;
};

// A free list, so that in a steady state a message costs no allocation.
//
// Thread-safety: any thread, concurrently. Outlives all its deliveries: the transport owns it.
class DeliveryPool {
 public:
  DeliveryPool() { free_.reserve(kKept); }

  // An empty delivery. Its owner gives it back to the pool.
  MessageOwner Take();
  // A copy of `name` that lives as long as the pool: what a channel's messages name as their
  // channel.
  std::string_view Intern(std::string_view name);

  static Delivery& Of(const MessageOwner& owner) { return *static_cast<Delivery*>(owner.get()); }

 private:
  static constexpr std::size_t kKept = 1024;
  static constexpr std::size_t kKeptBodyBytes = 64 * 1024;  // a rare large one is not kept for ever

  void GiveBack(std::unique_ptr<Delivery> delivery);

  internal::Lock mu_;
  std::vector<std::unique_ptr<Delivery>> free_ ABSL_GUARDED_BY(mu_);
  std::set<std::string, std::less<>> names_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::rabbitmq
