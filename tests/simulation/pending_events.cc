#include "tests/simulation/pending_events.h"

namespace omnibus::simulation {

absl::Status PendingEvents::Wait(absl::Time deadline, std::size_t max,
                                 std::vector<ConsumerEvent>& events,
                                 const std::function<void(ConsumerEvent&)>& hand_out) {
  while (true) {
    if (closed_ || !process_.Step("receive")) return absl::FailedPreconditionError("closed");
    std::size_t taken = 0;
    for (; taken < max && !events_.empty(); ++taken) {
      if (events_.front().kind == ConsumerEvent::Kind::kMessage) hand_out(events_.front());
      events.emplace_back(std::move(events_.front()));
      events_.pop_front();
    }
    if (std::exchange(interrupted_, false) || taken > 0) return absl::OkStatus();
    if (!bell_->Wait(deadline) && world_.loop.Now() >= deadline) return absl::OkStatus();
  }
}

}  // namespace omnibus::simulation
