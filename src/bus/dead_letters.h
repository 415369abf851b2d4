// A message that cannot be handled, as its group's dead letter: the original's body, key and
// headers, and what became of it.
#pragma once

#include <string>
#include <string_view>

#include "bus/delivery.h"
#include "bus/side_message.h"
#include "omnibus/transport.h"

namespace omnibus {

// "bookstore.events.catalog-service.dead".
std::string DeadLetterQueue(std::string_view channel, std::string_view module);

// Builds one dead letter. message() views the delivery and this object.
//
// Thread-safety: none.
class DeadLetter {
 public:
  DeadLetter(const Delivery& delivery, std::string_view module, const WallClock& wall);

  const OutgoingMessage& message() const { return *message_; }

 private:
  SideMessage copy_;
  const OutgoingMessage* message_;
};

// Reasons that are no status: it was parked behind another dead letter of its key, `dead_behind`;
// and the note that the key of `dead_behind` is released, so that no more is parked behind it. The
// note tells which release that was (`dead_release`), and which place of its key that has
// (`dead_place`): what was parked has those behind it.
inline constexpr std::string_view kReasonParked = "parked";
inline constexpr std::string_view kReasonReleased = "released";

// "NOT_FOUND"; "undecodable" for what has no handler; or one of the above.
std::string DeadReason(const Delivery& delivery);

}  // namespace omnibus
