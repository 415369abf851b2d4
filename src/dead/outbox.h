// What a command sends: at the rate that was asked for, each with its outcome.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bus/sender.h"
#include "dead/buried_message.h"
#include "dead/queue_walk.h"
#include "dead/removals.h"
#include "omnibus/dead_letters.h"

namespace omnibus::dead {

// Thread-safety: one thread.
class Outbox {
 public:
  Outbox(Sender& sender, const RemovalOptions& options, const WalkOptions& walk)
      : sender_(sender), options_(options), walk_(walk) {}

  // Waits until the rate allows one more. False: the command was stopped.
  bool WaitForTurn();

  absl::Status SendAndWait(const OutgoingMessage& message);

  // Writes behind the dead letters of a log that these are gone.
  absl::Status WriteRemoved(const DeadQueue& queue, std::vector<Place> places);

  // Several on their way at once.
  class Lot {
   public:
    Lot(Outbox& outbox, std::size_t count);

    void Send(std::size_t index, const OutgoingMessage& message);

    // One outcome each; OK for those that were not sent. A producer gives each message its outcome
    // in time, so this ends.
    std::vector<absl::Status> Wait();

   private:
    struct Outcomes;

    Outbox& outbox_;
    const std::shared_ptr<Outcomes> outcomes_;
  };

 private:
  Sender& sender_;
  const RemovalOptions& options_;
  const WalkOptions& walk_;
  absl::Time next_turn_ = absl::InfinitePast();
};

}  // namespace omnibus::dead
