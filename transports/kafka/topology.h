// Makes and checks topics.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"

namespace spdlog {
class logger;
}

namespace omnibus::kafka {

// The topics that `topology` is.
std::vector<std::string> TopicNames(const Topology& topology);

// See Transport::Declare(). Blocks until done, or until `deadline`.
absl::Status DeclareTopics(const KafkaOptions& options, const Topology& topology, DeclareMode mode,
                           absl::Time deadline, Runtime& runtime,
                           std::shared_ptr<spdlog::logger> log);

}  // namespace omnibus::kafka
