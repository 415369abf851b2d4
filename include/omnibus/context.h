// What a handler gets beside its event.
#pragma once

#include "absl/status/status.h"
#include "omnibus/envelope.h"
#include "omnibus/event.h"
#include "omnibus/publish.h"
#include "omnibus/runtime.h"

namespace omnibus {

// One handling of one event. Valid until the handler returns; it belongs to the handler's thread.
class Context {
 public:
  virtual ~Context() = default;

  // The envelope of the event that is handled.
  virtual const Metadata& metadata() const = 0;

  // From 1. It goes on in another process where the message comes by the retry queue
  // (docs/retries.md); after a crash a short retry is counted anew.
  virtual int attempt() const = 0;

  // The bus is stopping, and the time for this handler is over: return kCancelled soon. The message
  // is then left to be delivered again.
  virtual bool cancelled() const = 0;

  virtual Runtime& runtime() = 0;

  // Publishes as an effect of the handled event: inherits its correlation, names it as the cause,
  // and has an idempotency key that is the same if the handler has to run again. Does not wait for
  // the broker: the handled message is settled only once all that was published here is confirmed,
  // and counts as failed (and is retried) when something was not. An error that is returned here
  // says that the event was refused at once; return it from the handler, unless you know better.
  template <Event E>
  absl::Status Publish(const E& event, const PublishOptions& options = {}) {
    return PublishEvent(EventTypeOf<E>(), &event, options);
  }

  virtual absl::Status PublishEvent(const EventType& type, const void* event,
                                    const PublishOptions& options) = 0;
};

}  // namespace omnibus
