// The memory transport of a process that can be killed between any two things that it does to the
// broker.
#pragma once

#include <memory>

#include "omnibus/transport_plugin.h"
#include "omnibus/transports/memory.h"

namespace omnibus::testing {

// Thread-safety: threads of one simulated runtime, which take turns.
class Lifeline {
 public:
  // It is killed before that step from now, counted from 0.
  void DieAfter(int steps) { left_ = steps; }

  // Whether it lives, and does one thing more.
  bool Step() {
    if (left_ == 0) alive_ = false;
    if (left_ > 0) --left_;
    return alive_;
  }
  bool alive() const { return alive_; }

 private:
  int left_ = -1;  // never
  bool alive_ = true;
};

// Once it is dead, nothing that it sends or settles reaches `broker`, and nothing comes from there.
// What it held goes back when its consumers are closed. `life` outlives the transports.
TransportPlugin MakeMortalPlugin(std::shared_ptr<MemoryBroker> broker, Lifeline& life);

}  // namespace omnibus::testing
