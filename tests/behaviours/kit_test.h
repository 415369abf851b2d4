// Runs the kit's checks as test cases: one for each check, with the check's name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "omnibus/transport_testing.h"
#include "tests/faults/proxied_broker.h"

namespace omnibus::behaviours {

// A transport to run the checks on, and what it needs while they run.
struct Subject {
  transport_testing::TransportUnderTest under_test;
  std::string missing;  // why it is not to be had here; the tests skip themselves
  // Checks that are known to fail, and why: they are skipped by name when they do.
  std::map<std::string, std::string> known_gaps;
  std::shared_ptr<void> broker;  // of this test's own
};

// Registers a case for each check; `disruptive` ones need a broker of their own. `make` is called
// by each case that runs.
void RegisterChecks(const char* suite, bool disruptive, std::function<Subject()> make);

// What a proxy and a private broker can do.
void AddFaults(transport_testing::Faults& hooks,
               const std::shared_ptr<faults::ProxiedBroker>& broker);

}  // namespace omnibus::behaviours
