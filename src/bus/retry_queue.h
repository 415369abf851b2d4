// A message that is put off: as it stands in its group's retry queue until it is due.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bus/delivery.h"
#include "bus/side_message.h"
#include "omnibus/transport.h"

namespace omnibus {

// "bookstore.events.catalog-service.retry".
std::string RetryQueue(std::string_view channel, std::string_view module);

// Builds the copy that goes into the retry queue. message() views the delivery and this object.
//
// Thread-safety: none.
class RetryCopy {
 public:
  RetryCopy(const Delivery& delivery, std::string_view module, const WallClock& wall);

  const OutgoingMessage& message() const { return message_; }

 private:
  SideMessage copy_;
  OutgoingMessage message_;
};

// Reads what RetryCopy has added into `delivery`, and takes it off `message`, which then is as the
// original was. `steady` turns the wall clock's time into the runtime's. What is missing or cannot
// be read counts as absent: whoever puts a plain message into the queue has it handled at once.
void TakeRetryHeaders(ReceivedMessage& message, Delivery& delivery, const WallClock& steady);

}  // namespace omnibus
