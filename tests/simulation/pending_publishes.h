// What a simulated producer has sent, or is about to, and has no outcome for: the same for both
// brokers.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "omnibus/transport.h"
#include "tests/simulation/record.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// In the order of Send(). Gives each message its one outcome, at its deadline at the latest.
//
// Thread-safety: see World.
class PendingPublishes {
 public:
  // What the broker is asked for.
  struct Request {
    std::uint64_t sequence = 0;
    std::shared_ptr<const Record> message;
    bool mandatory = true;
    bool to_queue = false;
  };

  struct Publish {
    Request request;
    bool sent = false;
    absl::Time deadline;
    Completion done;
  };

  PendingPublishes(World& world, Process& process)
      : world_(world), process_(process), idle_(world.runtime.NewDoorbell()) {}

  // Null when `most` are pending already.
  Publish* Add(const OutgoingMessage& message, absl::Time deadline, std::size_t most,
               Completion done);

  // Ends that one; one that has its outcome already is ignored.
  void End(std::uint64_t sequence, const absl::Status& outcome);
  void EndAll(const absl::Status& outcome);

  // Waits until none is left.
  bool WaitUntilEmpty(absl::Time deadline);

  std::deque<std::unique_ptr<Publish>>& all() { return pending_; }

 private:
  void Expire(std::uint64_t sequence);

  World& world_;
  Process& process_;
  std::deque<std::unique_ptr<Publish>> pending_;
  std::uint64_t sequences_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const std::unique_ptr<Doorbell> idle_;
};

}  // namespace omnibus::simulation
