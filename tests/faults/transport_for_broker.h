// The transport under test, for a broker that goes wrong.
#pragma once

#include <memory>
#include <string>

#include "omnibus/transport.h"
#include "tests/faults/proxied_broker.h"

namespace omnibus::faults {

// Whether this build has the broker's transport.
bool HasTransport(Kind kind);

std::string KindName(Kind kind);  // "kafka", "rabbitmq": a name under `transports`, too

// The broker's entry under `transports`, as YAML in one line: reached at `address`, with heartbeats
// and delays that a test can wait for.
std::string TransportSettings(Kind kind, const std::string& address);

// A transport with these settings. Nullptr: this build has none for that kind.
std::unique_ptr<Transport> MakeTransport(Kind kind, const std::string& address);

// What the settings make two heartbeats: what is lost must be noticed by then.
absl::Duration TwoHeartbeats(Kind kind);

// Publishes one message to the channel by a producer of its own, and waits for the outcome; tried
// again until it is confirmed or the time is over. How long it took; InfiniteDuration: never.
absl::Duration TimeUntilItServes(Transport& transport, const std::string& channel,
                                 absl::Duration patience);

}  // namespace omnibus::faults
