#include "bus/sync_publish.h"

#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

// The transport keeps the deadline too, and knows better what became of the message: it gets a
// moment to say so.
constexpr absl::Duration kGrace = absl::Milliseconds(50);

// Shared by the one who waits and the completion, either of which may be the last.
struct Outcome {
  std::unique_ptr<Doorbell> doorbell;
  absl::Status status;
  std::atomic<bool> known = false;
};

}  // namespace

absl::Status PublishAndWait(EventPublisher& publisher, Runtime& runtime, const EventType& type,
                            const void* event, const PublishOptions& options) {
  const absl::Time deadline = publisher.DeadlineOf(options) + kGrace;
  auto outcome = std::make_shared<Outcome>();
  outcome->doorbell = runtime.NewDoorbell();
  publisher.Publish(type, event, options, nullptr, [outcome](absl::Status status) {
    outcome->status = std::move(status);
    outcome->known.store(true, std::memory_order_release);
    outcome->doorbell->Ring();
  });
  while (!outcome->known.load(std::memory_order_acquire)) {
    if (outcome->doorbell->Wait(deadline)) continue;
    if (outcome->known.load(std::memory_order_acquire)) break;
    return absl::DeadlineExceededError(
        absl::StrCat("publish ", AbslView(type.contract->type),
                     ": no outcome in time; it may have been published"));
  }
  return outcome->status;
}

}  // namespace omnibus
