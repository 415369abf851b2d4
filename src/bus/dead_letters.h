// A message that cannot be handled, as its group's dead letter: the original's body, key and
// headers, and what became of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bus/delivery.h"
#include "omnibus/transport.h"

namespace omnibus {

// "bookstore.events.catalog-service.dead".
std::string DeadLetterQueue(std::string_view channel, std::string_view module);

// Builds one dead letter. message() views the delivery and this object.
//
// Thread-safety: none.
class DeadLetter {
 public:
  // `wall` turns the runtime's steady time into the wall clock's.
  DeadLetter(const Delivery& delivery, std::string_view module,
             const std::function<absl::Time(absl::Time)>& wall);

  const OutgoingMessage& message() const { return message_; }

 private:
  void Add(std::string_view name, std::string value);

  std::string queue_;
  std::vector<std::pair<std::string_view, std::string>> added_;
  std::vector<HeaderView> headers_;
  OutgoingMessage message_;
};

// "NOT_FOUND", or "undecodable" for what has no handler.
std::string DeadReason(const Delivery& delivery);

}  // namespace omnibus
