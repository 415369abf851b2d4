// A bus for a measurement.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/sample.h"
#include "omnibus/bus.h"
#include "omnibus/configuration.h"
#include "omnibus/module.h"
#include "omnibus/runtime.h"
#include "omnibus/transport_plugin.h"

namespace omnibus::bench {

// What all measurements of a bus have in common. All that it points to outlives the measurement.
struct Setup {
  Setting configuration;
  std::vector<TransportPlugin> transports;
  std::string transport;  // the entry that the channel travels on, for results
  Dialect dialect = Dialect::kSnake;
  const Sample* sample = nullptr;
  Runtime* runtime = nullptr;
  std::shared_ptr<spdlog::logger> log;
  absl::Duration timeout = absl::Seconds(30);  // for the broker, and for a message that is missing
  std::stop_token stop;
  std::function<void(std::string_view)> progress;  // may be empty; one thread
};

// Opens a bus that publishes the sample and, with a handler, consumes it; waits until it does.
// kCancelled: stopped.
absl::StatusOr<std::unique_ptr<Bus>> OpenBus(const Setup& setup,
                                             ModuleDescription::UntypedHandler handler);

}  // namespace omnibus::bench
