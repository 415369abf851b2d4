// A dead letter on its way back.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dead/buried_message.h"
#include "envelope/envelope_codec.h"
#include "omnibus/dead_letters.h"
#include "omnibus/transport.h"

namespace omnibus::dead {

// Where the module that failed, and nobody else if that can be, reads it.
struct ReplayTarget {
  Destination destination = Destination::kChannel;
  std::string name;
  bool mandatory = true;
};

// The one place that knows. A group's retry queue is read by it alone, and what has nothing of a
// retry about it is handled at once. Where there is none, all groups of the channel get it: those
// that had the event take it for the repetition that it is.
ReplayTarget TargetOf(const DeadQueue& queue, const Capabilities& capabilities);

// What was received as a dead letter, as it was before it died. Views `message` and `body`.
class ReplayMessage {
 public:
  // `added`: headers for the retry queue.
  ReplayMessage(const ReceivedMessage& message, const BuriedMessage& buried,
                const ReplayTarget& target, std::string_view body,
                std::span<const HeaderView> added = {});

  const OutgoingMessage& message() const { return message_; }

 private:
  std::string replayed_;
  std::string partition_;
  std::string offset_;
  std::vector<HeaderView> headers_;
  OutgoingMessage message_;
};

// The body with which `message` is to be replayed instead of its own: see RemovalOptions::edited.
absl::StatusOr<std::string> EditedBody(const ReceivedMessage& message, Dialect dialect,
                                       std::string_view edited, EventTypeLookup lookup);

}  // namespace omnibus::dead
