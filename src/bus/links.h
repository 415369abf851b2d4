// The bus's connections to its brokers: transports, what is declared at them, and a sender for
// each.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bus/plan.h"
#include "bus/sender.h"
#include "omnibus/health.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace omnibus {

struct Link {
  std::unique_ptr<Transport> transport;
  std::unique_ptr<Sender> sender;  // destroyed before the transport
};

// How long, and for what, one waits for brokers that cannot be reached.
struct Patience {
  absl::Time deadline;
  std::stop_token stop;
};

// Makes the transports of `plan`, declares their topologies, and opens a producer at each. A broker
// that cannot be reached is tried again, with a line of log each time, as long as the patience
// lasts: then kUnavailable; kCancelled when it was stopped. All other errors are final.
absl::StatusOr<std::map<std::string, Link>> OpenLinks(const Plan& plan, Runtime& runtime,
                                                      std::shared_ptr<spdlog::logger> log,
                                                      const Patience& patience);

}  // namespace omnibus
