// Waiting for the outcome of a publish.
#pragma once

#include "absl/status/status.h"
#include "bus/event_publisher.h"

namespace omnibus {

// Publishes, and waits for the outcome until the deadline; then it is kDeadlineExceeded, whatever
// the transport does.
absl::Status PublishAndWait(EventPublisher& publisher, Runtime& runtime, const EventType& type,
                            const void* event, const PublishOptions& options);

}  // namespace omnibus
