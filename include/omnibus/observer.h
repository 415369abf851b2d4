// Sees what flows through a bus: for demonstrations, metrics and tests.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "omnibus/envelope.h"
#include "omnibus/event_type.h"

namespace omnibus {

// Each function is called on the thread where it happens, concurrently: it must be quick, and must
// not call the bus. The arguments are valid during the call.
class Observer {
 public:
  virtual ~Observer() = default;

  struct Published {
    const Metadata& metadata;
    const EventType& type;
    std::string_view payload;  // compact JSON, spelled as on the wire
    const absl::Status& outcome;
  };
  virtual void OnPublished(const Published& event) { (void)event; }

  struct Handled {
    std::string_view domain;
    std::string_view module;
    const Metadata& metadata;
    int attempt;  // from 1
    const absl::Status& status;
  };
  virtual void OnHandled(const Handled& event) { (void)event; }

  struct DeadLettered {
    std::string_view domain;
    std::string_view module;
    std::string_view channel;
    std::string_view reason;  // a status code's name, or "undecodable"
    std::string_view detail;
    int attempts;
  };
  virtual void OnDeadLettered(const DeadLettered& event) { (void)event; }
};

}  // namespace omnibus
