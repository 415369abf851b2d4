// Named points between two steps of a message's way through a process, at which a test has it
// killed.
//
// They are put around a transport from the outside, so that nothing of it is in the product: what
// the bus does between two calls of the transport, or of the handler, is what lies between two
// points.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "omnibus/transport_plugin.h"

namespace omnibus::faults {

// In the order in which a message passes them.
inline constexpr std::string_view kKillPoints[] = {
    "received",   // the transport has handed it over; nobody has decoded it
    "decoded",    // its handler begins
    "handled",    // its handler has done its work, and has published nothing
    "published",  // what it published is with the transport
    "confirmed",  // the broker has confirmed that; nobody was told
    "settling",   // the bus is about to settle it
    "settled",    // the transport knows; the broker may not
    "committed",  // the broker has had the time to hear of it
};

// Thread-safety: any thread, concurrently.
class KillPoint {
 public:
  // Raises SIGKILL when `point` is passed for the `pass`th time, counted over all threads. An empty
  // one never.
  KillPoint(std::string point, int pass) : point_(std::move(point)), left_(pass) {}

  void Pass(std::string_view point);

 private:
  const std::string point_;
  std::atomic<int> left_;
};

// The same plug-in, whose transports pass the points. `kill` outlives them.
TransportPlugin WithKillPoints(TransportPlugin plugin, KillPoint& kill);

}  // namespace omnibus::faults
