// What lies in a topic at the moment.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/queue_tools.h"
#include "omnibus/runtime.h"
#include "omnibus/transports/kafka.h"

namespace spdlog {
class logger;
}

namespace omnibus::kafka {

// Asks the broker, with a client of its own, on the caller's thread. kNotFound: there is no such
// topic. kUnavailable: no answer by `deadline`.
absl::StatusOr<QueueExtent> MeasureTopic(const KafkaOptions& options, const std::string& topic,
                                         absl::Time deadline, Runtime& runtime,
                                         std::shared_ptr<spdlog::logger> log);

}  // namespace omnibus::kafka
