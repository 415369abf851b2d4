// How a transport is found by the name that the configuration gives.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "omnibus/configuration.h"
#include "omnibus/envelope.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace spdlog {
class logger;
}

namespace omnibus {

struct TransportPlugin {
  std::string_view kind;              // "kafka"
  std::string client = {};            // "librdkafka 2.0.2"; empty: it needs no client library
  Dialect dialect = Dialect::kSnake;  // of channels that the configuration gives none

  // `name` is the entry's under `transports`, `options` its settings (all but `kind`; nothing when
  // there is no entry). Does not wait for the broker. kInvalidArgument with each error's place.
  std::function<absl::StatusOr<std::unique_ptr<Transport>>(std::string_view name,
                                                           const Setting& options, Runtime& runtime,
                                                           std::shared_ptr<spdlog::logger> log)>
      make;
};

// Those that this library was built with; memory is always among them. In the library
// omnibus::transports.
std::vector<TransportPlugin> DefaultTransports();

}  // namespace omnibus
