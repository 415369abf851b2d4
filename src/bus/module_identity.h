// What everything that acts in a module's name has to know.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/event_type.h"
#include "omnibus/runtime.h"

namespace spdlog {
class logger;
}

namespace omnibus {

class EventPublisher;

// Constant while the bus is open.
struct ModuleIdentity {
  std::string domain;
  std::string module;
  std::string group;  // "bookstore.catalog-service"
  std::vector<const EventType*> publishes;
  Runtime* runtime = nullptr;
  EventPublisher* publisher = nullptr;
  spdlog::logger* log = nullptr;
  const std::atomic<bool>* cancelled = nullptr;  // the drain's time is over

  // kFailedPrecondition for an event that the module did not describe.
  absl::Status CheckPublishes(const EventType& type) const;
};

}  // namespace omnibus
