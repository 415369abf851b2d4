// The parked keys of one queue of dead letters: docs/retries.md, "Parked keys".
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "dead/buried_message.h"
#include "dead/queue_walk.h"
#include "omnibus/transport.h"

namespace omnibus::dead {

// The bus's answer to a release: all that was parked stands before it.
struct ReleaseNote {
  Uuid release = {};        // whose id it is
  std::uint64_t place = 0;  // of the release within its key
};

struct ParkedKey {
  struct Follower {
    Follower(ReceivedMessage message, BuriedMessage buried)
        : letter(std::move(message), std::move(buried)) {}

    Letter letter;
    bool repeats = false;  // a crash has left the same event twice
  };

  Uuid event = {};                  // which it is parked behind
  std::vector<Letter> heads;        // that event's dead letters: mostly one
  std::vector<Follower> followers;  // what is parked behind it, in order: that of its log, if known
  std::vector<ReleaseNote> notes;
  std::set<Uuid> letters;  // ids of all of these
  bool answered = false;   // the note of a release that was asked for is among these

  const ReleaseNote* NoteOf(const Uuid& release) const;
};

// In the order in which they were parked.
using ParkedKeys = std::vector<ParkedKey>;

const ParkedKey* Find(const ParkedKeys& keys, const Uuid& event);

// Reads the whole queue. The letters are copies, which need no consumer. What comes to a key behind
// the note of one of `releases` is left out: it has died, or was parked, since then.
absl::StatusOr<ParkedKeys> ReadParkedKeys(const DeadQueue& queue, Transport& transport,
                                          const WalkOptions& walk,
                                          const std::set<Uuid>& releases = {});

}  // namespace omnibus::dead
