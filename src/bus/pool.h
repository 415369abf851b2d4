// Objects that are used again, so that the steady state allocates nothing.
#pragma once

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "omnibus/internal/lock.h"

namespace omnibus {

// Owns all that it ever made; outlives their use.
//
// Thread-safety: any thread, concurrently.
template <typename T>
class Pool {
 public:
  T* Take() {
    const internal::Locked lock(mu_);
    if (free_.empty()) {
      made_.push_back(std::make_unique<T>());
      return made_.back().get();
    }
    T* object = free_.back();
    free_.pop_back();
    return object;
  }

  void Return(T* object) {
    const internal::Locked lock(mu_);
    free_.push_back(object);
  }

 private:
  internal::Lock mu_;
  std::vector<std::unique_ptr<T>> made_ ABSL_GUARDED_BY(mu_);
  std::vector<T*> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
