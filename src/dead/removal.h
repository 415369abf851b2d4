// Replays or purges the dead letters that a walk comes to.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dead/buried_message.h"
#include "dead/outbox.h"
#include "dead/queue_walk.h"
#include "dead/replay_message.h"
#include "omnibus/dead_letters.h"

namespace omnibus::dead {

enum class RemovalKind { kReplay, kPurge };

// How many are sent before their outcomes are waited for.
std::size_t BatchOf(const RemovalOptions& options);

// Whether the broker is in trouble: what comes behind would overtake.
bool MayPass(const absl::Status& status);

// `letter`'s own, or what was edited.
absl::StatusOr<std::string> BodyToReplay(const Letter& letter, const DeadQueue& queue,
                                         const RemovalOptions& options, const WalkOptions& walk);

// One queue's, but for what has to do with a parked key. A letter is taken away once its replay is
// confirmed: out of a queue by taking it, in a log by a record behind it.
//
// Thread-safety: one thread.
class Removal {
 public:
  Removal(RemovalKind kind, const DeadQueue& queue, const Capabilities& capabilities,
          Outbox& outbox, const RemovalOptions& options, const WalkOptions& walk,
          RemovalTally& tally);

  absl::StatusOr<Next> Visit(QueuePass& pass, std::span<Letter> letters);

 private:
  // Replays `letters`, one outcome each. Those that were not sent, since it was stopped, have
  // kCancelled.
  absl::StatusOr<std::vector<absl::Status>> ReplayAll(std::span<Letter> letters);
  // Writes that they are gone behind them.
  absl::Status WriteRemoved(std::span<Letter> letters, std::span<const absl::Status> outcomes);
  absl::StatusOr<Next> OnlySay(QueuePass& pass, std::span<Letter> letters);
  Next Conclude(QueuePass& pass, std::span<Letter> letters, std::span<const absl::Status> outcomes);

  const RemovalKind kind_;
  const DeadQueue& queue_;
  const bool is_log_;
  const ReplayTarget target_;
  Outbox& outbox_;
  const RemovalOptions& options_;
  const WalkOptions& walk_;
  RemovalTally& tally_;

  // Replayed, but the queue was lost before they were taken: next time they are taken only.
  std::set<Uuid> replayed_;
  std::set<Uuid> told_;  // done, as far as the caller knows
  // Bodies that were replayed: one that dies again is not replayed again.
  std::set<Uuid> bodies_;
};

}  // namespace omnibus::dead
