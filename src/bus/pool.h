// Objects that are used again, so that the steady state allocates nothing.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "omnibus/internal/lock.h"

namespace omnibus {

// Owns all that it ever made; outlives their use. Objects are mostly taken by one thread and given
// back by another: so the two sides meet only when what the first one has at hand is used up.
//
// Thread-safety: any thread, concurrently.
template <typename T>
class Pool {
 public:
  T* Take() {
    const internal::Locked lock(mu_);
    if (at_hand_ == nullptr) at_hand_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (at_hand_ == nullptr) {
      made_.push_back(std::make_unique<Node>());
      return made_.back().get();
    }
    return std::exchange(at_hand_, at_hand_->next_free);
  }

  void Return(T* object) {
    // What is returned is taken out as a whole, so no node can come back while this one looks.
    Node* const node = static_cast<Node*>(object);
    node->next_free = returned_.load(std::memory_order_relaxed);
    while (!returned_.compare_exchange_weak(node->next_free, node, std::memory_order_release,
                                            std::memory_order_relaxed)) {
    }
  }

 private:
  struct Node : T {
    Node* next_free = nullptr;
  };

  internal::Lock mu_;  // of those who take
  std::vector<std::unique_ptr<Node>> made_ ABSL_GUARDED_BY(mu_);
  Node* at_hand_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::atomic<Node*> returned_ = nullptr;
};

}  // namespace omnibus
