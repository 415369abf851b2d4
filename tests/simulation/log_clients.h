// The consuming end of the transport to the simulated log broker.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "omnibus/transport.h"
#include "tests/simulation/log_broker.h"

namespace omnibus::simulation {

struct LogOptions {
  std::size_t queue = 1000;  // most messages without outcome
  absl::Duration commit_after = absl::Milliseconds(200);
  std::size_t commit_every = 256;
  absl::Duration release_within = absl::Seconds(30);
};

std::unique_ptr<Consumer> OpenLogConsumer(LogBroker& broker, Process& process,
                                          const LogOptions& options,
                                          const ConsumerOptions& consumer);

// Of `queue`, for tools.
std::unique_ptr<Consumer> OpenLogReader(LogBroker& broker, Process& process,
                                        std::string_view queue);

}  // namespace omnibus::simulation
