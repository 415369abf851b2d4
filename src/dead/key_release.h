// Releases the parked keys of one queue of dead letters: docs/retries.md, "Parked keys".
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dead/outbox.h"
#include "dead/parked_keys.h"
#include "dead/queue_walk.h"
#include "dead/removal.h"
#include "omnibus/dead_letters.h"
#include "omnibus/transport.h"

namespace omnibus::dead {

// It can end at any point: what it has sent can be sent again, and a letter is taken away last.
//
// Thread-safety: one thread.
class KeyRelease {
 public:
  KeyRelease(RemovalKind kind, const DeadQueue& queue, Transport& transport,
             const DeadLetterFilter& filter, Outbox& outbox, const RemovalOptions& options,
             const WalkOptions& walk, RemovalTally& tally);

  // Releases each key whose dead letter fits, and does with what is parked alone, and fits, what
  // can be done.
  absl::Status Run();

 private:
  // One key on its way.
  struct Release {
    Uuid event = {};
    Uuid id = {};
    absl::Status outcome;
  };

  bool Fits(const ParkedKey& key) const;
  bool ComesBack(const ParkedKey::Follower& follower) const;
  absl::Status OnlySay(const ParkedKeys& keys);
  absl::Status Begin(const ParkedKeys& keys);
  absl::Status AwaitNotes(ParkedKeys& keys);
  absl::Status Finish(const ParkedKey& key, const Release& release);
  absl::Status DoWithoutHead(const ParkedKey& key);
  absl::Status TakeAway();
  void Tell(const Letter& letter, const absl::Status& outcome);
  absl::StatusOr<std::string> BodyOf(const Letter& letter) const {
    return BodyToReplay(letter, queue_, options_, walk_);
  }
  const Letter& HeadOf(const ParkedKey& key) const;
  absl::Status SendHead(const ParkedKey& key, const Release& release, std::string_view kind);
  void Wait(absl::Time until);

  const RemovalKind kind_;
  const DeadQueue& queue_;
  Transport& transport_;
  const bool is_log_;
  const ReplayTarget target_;
  const DeadLetterFilter& filter_;
  Outbox& outbox_;
  const RemovalOptions& options_;
  const WalkOptions& walk_;
  RemovalTally& tally_;

  std::vector<Release> releases_;
  std::set<Uuid> gone_;              // letters that are to be taken away
  std::vector<BuriedMessage> done_;  // to be told once they are
  std::int64_t following_ = 0;       // likewise
};

}  // namespace omnibus::dead
