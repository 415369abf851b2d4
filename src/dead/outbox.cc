#include "dead/outbox.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace omnibus::dead {

// Shared with completions: these may come after whoever waited has given up.
struct Outbox::Lot::Outcomes {
  Outcomes(std::size_t count, Runtime& runtime) : bell(runtime.NewDoorbell()), statuses(count) {}

  const std::unique_ptr<Doorbell> bell;
  absl::Mutex mu;
  std::size_t left ABSL_GUARDED_BY(mu) = 0;
  std::vector<absl::Status> statuses ABSL_GUARDED_BY(mu);

  void Begin() {
    absl::MutexLock lock(&mu);
    ++left;
  }
  void End(std::size_t index, absl::Status status) {
    {
      absl::MutexLock lock(&mu);
      statuses[index] = std::move(status);
      --left;
    }
    bell->Ring();
  }
  std::vector<absl::Status> Wait() {
    while (true) {
      {
        absl::MutexLock lock(&mu);
        if (left == 0) return statuses;
      }
      bell->Wait(absl::InfiniteFuture());
    }
  }
};

Outbox::Lot::Lot(Outbox& outbox, std::size_t count)
    : outbox_(outbox), outcomes_(std::make_shared<Outcomes>(count, outbox.walk_.runtime)) {}

void Outbox::Lot::Send(std::size_t index, const OutgoingMessage& message) {
  outcomes_->Begin();
  const WalkOptions& walk = outbox_.walk_;
  outbox_.sender_.Send(message, walk.runtime.Now() + walk.timeout,
                       [outcomes = outcomes_, index](absl::Status status) {
                         outcomes->End(index, std::move(status));
                       });
}

std::vector<absl::Status> Outbox::Lot::Wait() { return outcomes_->Wait(); }

bool Outbox::WaitForTurn() {
  if (walk_.stop.stop_requested()) return false;
  if (!options_.rate.has_value()) return true;
  const absl::Time now = walk_.runtime.Now();
  const absl::Time turn = std::max(now, next_turn_);
  next_turn_ = turn + absl::Seconds(1 / *options_.rate);
  if (turn == now) return true;
  const std::unique_ptr<Doorbell> bell = walk_.runtime.NewDoorbell();
  const std::stop_callback ring(walk_.stop, [&bell] { bell->Ring(); });
  return !bell->Wait(turn);
}

absl::Status Outbox::SendAndWait(const OutgoingMessage& message) {
  Lot lot(*this, 1);
  lot.Send(0, message);
  return lot.Wait()[0];
}

absl::Status Outbox::WriteRemoved(const DeadQueue& queue, std::vector<Place> places) {
  if (places.empty()) return absl::OkStatus();
  std::sort(places.begin(), places.end());
  const std::string removed = FormatRemoved(places);
  const HeaderView header{kRemovedHeader, removed};
  OutgoingMessage record;
  record.destination = Destination::kQueue;
  record.channel = queue.name;
  record.mandatory = false;
  record.headers = {&header, 1};
  return SendAndWait(record);
}

}  // namespace omnibus::dead
