#include "bus/sync_publish.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bus/event_publisher.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

// The transport keeps the deadline too, and knows better what became of the message: it gets a
// moment to say so.
constexpr absl::Duration kGrace = absl::Milliseconds(50);

AwaitedOutcome* Take(EventPublisher& publisher, Runtime& runtime) {
  AwaitedOutcome* outcome = publisher.awaited_outcomes().Take();
  if (outcome->doorbell == nullptr) outcome->doorbell = runtime.NewDoorbell();
  outcome->known.store(false, std::memory_order_relaxed);
  outcome->users.store(2, std::memory_order_relaxed);
  return outcome;
}

void Leave(EventPublisher& publisher, AwaitedOutcome* outcome) {
  if (outcome->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  outcome->status = absl::OkStatus();  // a long message is not kept
  publisher.awaited_outcomes().Return(outcome);
}

// Whether it is known in time.
bool Await(AwaitedOutcome& outcome, absl::Time deadline) {
  while (!outcome.known.load(std::memory_order_acquire)) {
    if (outcome.doorbell->Wait(deadline)) continue;
    return outcome.known.load(std::memory_order_acquire);
  }
  return true;
}

}  // namespace

absl::Status PublishAndWait(EventPublisher& publisher, Runtime& runtime, const EventType& type,
                            const void* event, const PublishOptions& options) {
  const absl::Time deadline = publisher.DeadlineOf(options) + kGrace;
  AwaitedOutcome* outcome = Take(publisher, runtime);
  publisher.Publish(type, event, options, nullptr, [&publisher, outcome](absl::Status status) {
    outcome->status = std::move(status);
    outcome->known.store(true, std::memory_order_release);
    outcome->doorbell->Ring();
    Leave(publisher, outcome);
  });
  absl::Status status;
  if (Await(*outcome, deadline)) {
    status = std::move(outcome->status);
  } else {
    status = absl::DeadlineExceededError(
        absl::StrCat("publish ", AbslView(type.contract->type),
                     ": no outcome in time; it may have been published"));
  }
  Leave(publisher, outcome);
  return status;
}

}  // namespace omnibus
