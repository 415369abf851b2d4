// Publishing, as services and handlers see it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/envelope.h"
#include "omnibus/event.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus {

// What became of a publish. The status tells more:
//   OK                 kConfirmed: the broker has taken responsibility
//   kNotFound          kUnroutable: nobody would have received it
//   kDeadlineExceeded  kUnknown: no answer in time; a retry may duplicate it, and with the same
//                      idempotency key it has its effect once all the same
//   all others         kRefused: not published; CanRetry() says whether a retry can help
enum class PublishOutcome { kConfirmed, kRefused, kUnroutable, kUnknown };

PublishOutcome OutcomeOf(const absl::Status& status);
std::string_view OutcomeName(
    PublishOutcome outcome);  // "confirmed", "refused", "unroutable", "unknown"

// What the caller may say about an event; the bus fills in the rest.
struct PublishOptions {
  std::optional<absl::Duration> timeout = {};  // default: the configuration's bus.publish_timeout
  std::optional<Uuid> id = {};                 // default: a new one
  std::optional<Timestamp> occurred_at = {};   // default: now
  std::optional<Uuid> correlation_id = {};     // default: the handled event's; else a new chain
  std::optional<Uuid> causation_id = {};       // default: the handled event's id; else none
  std::optional<Uuid> idempotency_key =
      {};                               // default: derived from the handled event's; else a new one
  std::optional<std::string> key = {};  // default: the contract's key member
  std::string traceparent = {};         // default: the handled event's
  std::vector<NamedValue> headers =
      {};  // the application's own; not the names that the envelope uses
};

using PublishCallback = absl::AnyInvocable<void(absl::Status)>;

// Publishes by itself, outside of any handler: front doors, main().
//
// Thread-safety: any thread, concurrently. Events of one key that one thread publishes arrive in
// that order.
class Publisher {
 public:
  virtual ~Publisher() = default;

  // Waits for the outcome, until the timeout (+ 100 ms).
  template <Event E>
  absl::Status Publish(const E& event, const PublishOptions& options = {}) {
    return PublishEvent(EventTypeOf<E>(), &event, options);
  }

  // Returns at once, unless the local queue is full: then it waits for room until the timeout.
  // `done` is called exactly once, maybe before this returns, on any thread; it must not block.
  template <Event E>
  void PublishAsync(const E& event, PublishCallback done, const PublishOptions& options = {}) {
    PublishEventAsync(EventTypeOf<E>(), &event, options, std::move(done));
  }

  // The same for whoever has an EventType only. `event` is read before the call returns.
  virtual absl::Status PublishEvent(const EventType& type, const void* event,
                                    const PublishOptions& options) = 0;
  virtual void PublishEventAsync(const EventType& type, const void* event,
                                 const PublishOptions& options, PublishCallback done) = 0;
};

}  // namespace omnibus
