// All that can go wrong with a broker, by name, each with how it begins and how it ends: what the
// matrix of faults and the soak draw from.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/proxied_broker.h"

namespace omnibus::faults {

// What a fault strikes that concerns a single channel.
struct Victim {
  std::string channel;         // a topic, an exchange
  std::string module;          // a consumer of it; its queue on RabbitMQ is <channel>.<module>
  std::string user = "guest";  // RabbitMQ: whose permissions go; not guest, whom the probes need
};

struct Fault {
  std::string name;  // "frozen", "black-hole"

  // Each returns whether it was done. After `end` the broker serves again, or will soon.
  std::function<bool(ProxiedBroker&, const Victim&)> begin;
  std::function<bool(ProxiedBroker&, const Victim&)> end;

  bool needs_disk = false;         // ProxiedBroker::Start with disk_bytes
  bool destroys_messages = false;  // what was there is lost, by somebody's will: a deleted queue
  bool passes_by_itself = false;   // it lasts no time: a cut, a deleted queue
};

// For GoogleTest.
inline void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

// Once, before the first fault: makes the victim's user where it is one of the test's own.
bool PrepareVictim(ProxiedBroker& broker, const Victim& victim);

// Those that the kind of broker knows.
std::vector<Fault> FaultsOf(Kind kind);

// The one of that name; it must be there.
Fault FaultNamed(Kind kind, std::string_view name);

}  // namespace omnibus::faults
