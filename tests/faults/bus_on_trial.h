// A whole bus at a broker that goes wrong: one module that handles what the test publishes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/bus.h"
#include "omnibus/transport_plugin.h"
#include "tests/core/bus/workshop.h"
#include "tests/faults/fault.h"

namespace omnibus::faults {

struct BusOnTrialOptions {
  absl::Duration open_timeout = absl::Seconds(30);
  std::string module_settings = "{}";  // of the module joiner, as YAML in one line
  bool consumes = true;                // with the module
  // Each plug-in goes through it.
  std::function<TransportPlugin(TransportPlugin)> decorate = {};
};

// The channel that Ordered goes by, and whose group is workshop.joiner.
inline constexpr char kOrders[] = "workshop.orders";

absl::StatusOr<std::unique_ptr<Bus>> OpenBusOnTrial(Kind kind, const std::string& address,
                                                    workshop::Joiner::Work work,
                                                    const BusOnTrialOptions& options = {});

}  // namespace omnibus::faults
