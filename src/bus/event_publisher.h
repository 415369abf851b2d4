// From a typed event to bytes on their way: fills in the envelope, encodes, and sends.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bus/plan.h"
#include "bus/pool.h"
#include "bus/sender.h"
#include "bus/sync_publish.h"
#include "omnibus/envelope.h"
#include "omnibus/event_type.h"
#include "omnibus/observer.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"

namespace omnibus {

// What a publish inherits from the event that is being handled.
struct Inheritance {
  const Metadata& cause;
  const Uuid& idempotency_key;  // of the new effect, derived from the cause's
};

// Outlives the senders: a completion that comes late uses it.
//
// Thread-safety: any thread, concurrently; AddTransport() before all else.
class EventPublisher {
 public:
  EventPublisher(const Plan& plan, Runtime& runtime, Observer* observer);

  // `sender` is not used once nothing is published any more.
  void AddTransport(const std::string& name, Sender* sender, const Capabilities& capabilities);

  // `done` is called exactly once, with an error that was found at once too.
  void Publish(const EventType& type, const void* event, const PublishOptions& options,
               const Inheritance* inherited, PublishCallback done);

  // The time by which a publish has its outcome.
  absl::Time DeadlineOf(const PublishOptions& options) const;

  // For PublishAndWait().
  Pool<AwaitedOutcome>& awaited_outcomes() { return awaited_outcomes_; }

 private:
  struct Route {
    Dialect dialect;
    Capabilities capabilities;
    Sender* sender;
  };

  void FillIn(const EventType& type, const PublishOptions& options, const Inheritance* inherited,
              Metadata& metadata) const;
  PublishCallback Observed(const EventType& type, const void* event, Dialect dialect,
                           const Metadata& metadata, PublishCallback done) const;

  const Plan& plan_;
  Runtime& runtime_;
  Observer* const observer_;
  absl::flat_hash_map<const EventType*, Route> routes_;
  Pool<AwaitedOutcome> awaited_outcomes_;
};

}  // namespace omnibus
