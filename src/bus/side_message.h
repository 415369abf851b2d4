// A copy of a received message for one of its group's side queues: the original's body, key and
// headers, and headers of the bus's own beside them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "omnibus/transport.h"

namespace omnibus {

// Turns the runtime's steady time into the wall clock's.
using WallClock = std::function<absl::Time(absl::Time steady)>;

// message() views the original and this object.
//
// Thread-safety: none.
class SideMessage {
 public:
  SideMessage(const ReceivedMessage& original, std::string queue);

  // What the original has under the same name is left out: it was there before.
  void Add(std::string_view name, std::string value);

  // After the last Add().
  const OutgoingMessage& Finish();

 private:
  const ReceivedMessage& original_;
  const std::string queue_;
  std::vector<std::pair<std::string_view, std::string>> added_;
  std::vector<HeaderView> headers_;
  OutgoingMessage message_;
};

// RFC 3339.
std::string TimeText(absl::Time wall);

}  // namespace omnibus
