// A module that takes part in one play of a demonstration.
#pragma once

#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/module.h"
#include "omnibus/uuid.h"

namespace omnibus::cli {

// The chains of events that one play has begun. By them its events are told from those that another
// play, one that was killed for instance, has left at the broker.
//
// Thread-safety: any thread, concurrently.
class Chains {
 public:
  void Begin(const Uuid& correlation_id);
  bool Contain(const Uuid& correlation_id) const;

 private:
  mutable absl::Mutex mu_;
  std::set<Uuid> begun_ ABSL_GUARDED_BY(mu_);
};

// As `module`, but what belongs to none of `chains` has no effect. What it publishes outside of
// handlers begins one. `chains` outlives it.
std::unique_ptr<Module> MakeStagedModule(std::unique_ptr<Module> module, Chains& chains);

}  // namespace omnibus::cli
