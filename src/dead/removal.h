// Replays or purges the dead letters that a walk comes to.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bus/sender.h"
#include "dead/buried_message.h"
#include "dead/queue_walk.h"
#include "dead/replay_message.h"
#include "omnibus/dead_letters.h"
#include "omnibus/runtime.h"

namespace omnibus::dead {

enum class RemovalKind { kReplay, kPurge };

// How many are sent before their outcomes are waited for.
std::size_t BatchOf(const RemovalOptions& options);

// One queue's. A letter is taken away once its replay is confirmed: out of a queue by taking it, in
// a log by a record behind it.
//
// Thread-safety: one thread.
class Removal {
 public:
  Removal(RemovalKind kind, const DeadQueue& queue, const Capabilities& capabilities,
          Sender& sender, const RemovalOptions& options, const WalkOptions& walk,
          RemovalTally& tally);

  absl::StatusOr<Next> Visit(QueuePass& pass, std::span<Letter> letters);

 private:
  struct Outcomes;

  // Replays `letters`, one outcome each. Those that were not sent, since it was stopped, have
  // kCancelled.
  absl::StatusOr<std::vector<absl::Status>> ReplayAll(std::span<Letter> letters);
  absl::StatusOr<std::string> BodyOf(const Letter& letter) const;
  bool WaitForTurn();
  // Writes that they are gone behind them.
  absl::Status WriteRemoved(std::span<Letter> letters, std::span<const absl::Status> outcomes);
  absl::Status SendAndWait(const OutgoingMessage& message);
  absl::StatusOr<Next> OnlySay(QueuePass& pass, std::span<Letter> letters);
  Next Conclude(QueuePass& pass, std::span<Letter> letters, std::span<const absl::Status> outcomes);

  const RemovalKind kind_;
  const DeadQueue& queue_;
  const bool is_log_;
  const ReplayTarget target_;
  Sender& sender_;
  const RemovalOptions& options_;
  const WalkOptions& walk_;
  RemovalTally& tally_;
  absl::Time next_turn_ = absl::InfinitePast();

  // Replayed, but the queue was lost before they were taken: next time they are taken only.
  std::set<Uuid> replayed_;
  std::set<Uuid> told_;  // done, as far as the caller knows
  // Bodies that were replayed: one that dies again is not replayed again.
  std::set<Uuid> bodies_;
};

}  // namespace omnibus::dead
