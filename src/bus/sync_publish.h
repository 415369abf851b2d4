// Waiting for the outcome of a publish.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "omnibus/event_type.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"

namespace omnibus {

class EventPublisher;

// An outcome that somebody waits for. Shared by the one who waits and the completion, either of
// which may be the last; then it is used again.
struct AwaitedOutcome {
  std::unique_ptr<Doorbell> doorbell;  // may still ring for an outcome before this one
  std::atomic<int> users = 0;
  std::atomic<bool> known = false;
  absl::Status status;  // once it is known
};

// Publishes, and waits for the outcome until the deadline; then it is kDeadlineExceeded, whatever
// the transport does.
absl::Status PublishAndWait(EventPublisher& publisher, Runtime& runtime, const EventType& type,
                            const void* event, const PublishOptions& options);

}  // namespace omnibus
