// A dead letter, read from what its queue gave.
#pragma once

#include <string>
#include <string_view>

#include "envelope/envelope_codec.h"
#include "omnibus/dead_letters.h"
#include "omnibus/transport.h"

namespace omnibus::dead {

// One module's dead letters of one channel.
struct DeadQueue {
  std::string name;  // "bookstore.events.catalog-service.dead"
  std::string transport;
  std::string domain;
  std::string module;
  std::string channel;
  Dialect dialect;
};

inline constexpr char kReplayedHeader[] = "dead_replayed";

// A note of the bus's own that a key is released, and no dead letter.
bool IsNote(const BuriedMessage& message);

// Has to do with a parked key: it parks it, or is parked, or is a note.
bool IsOfParkedKey(const BuriedMessage& message);

// Whether a header tells of the death, and not of the original.
bool IsDeathHeader(std::string_view name);

// Whatever cannot be read is left out: nothing that lies there is refused. `reader` is reused.
BuriedMessage ReadBuried(const DeadQueue& queue, const ReceivedMessage& message,
                         EventTypeLookup lookup, EnvelopeReader& reader);

}  // namespace omnibus::dead
