// What a transport says of itself to tests of side queues; each links one file that does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "omnibus/transport.h"
#include "tests/support/brokers.h"

namespace omnibus::testing {

struct SideQueueTransport {
  // A channel is in parts, and so are its side queues; a member owns some of them.
  bool has_parts = true;
  // RabbitMQ 3.10 holds back acknowledgements for a quorum queue when more than a few dozen come at
  // once, and forgets them when the channel is closed meanwhile: they are delivered again.
  bool forgets_some_of_many_acknowledgements = false;

  // One more transport to the broker at `address`.
  std::function<std::unique_ptr<Transport>(const std::string& address)> make;
  // Where the shared broker is; nothing: there is none here, and `missing` says so.
  std::optional<std::string> address;
  std::string missing;
  // For tests that take the broker down; nothing: it lives in the process.
  std::optional<PrivateBroker::Kind> broker = std::nullopt;
  // Whether `queue`, declared there a moment ago, would be found again after a crash; nothing: any
  // is.
  std::function<bool(const PrivateBroker& broker, const std::string& queue)> outlives_a_crash =
      nullptr;
};

SideQueueTransport TransportWithSideQueues();

}  // namespace omnibus::testing
