#include "bus/sender.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/planted_bug.h"

namespace omnibus {
namespace {

// A completion rings whoever waits for room. Where the queue was full of other people's messages (a
// queue that several producers share), there may be none: so look again now and then.
constexpr absl::Duration kLookAgain = absl::Milliseconds(20);

}  // namespace

Sender::Sender(std::unique_ptr<Producer> producer, Runtime& runtime)
    : runtime_(runtime), producer_(std::move(producer)) {}

void Sender::Send(const OutgoingMessage& message, absl::Time deadline, Completion done) {
  Pending* pending = pool_.Take();
  pending->done = std::move(done);
  if (Planted(PlantedBug::kConfirmedWhenTaken)) {
    absl::Status taken = producer_->Send(message, deadline, [](const absl::Status&) {});
    if (!absl::IsResourceExhausted(taken)) return Finish(pending, std::move(taken));
  }
  absl::Status status = producer_->Send(message, deadline, [this, pending](absl::Status outcome) {
    Finish(pending, std::move(outcome));
  });
  if (absl::IsResourceExhausted(status)) status = WaitForRoom(message, deadline, pending);
  if (!status.ok()) Finish(pending, std::move(status));
}

absl::Status Sender::WaitForRoom(const OutgoingMessage& message, absl::Time deadline,
                                 Pending* pending) {
  const std::unique_ptr<Doorbell> room = runtime_.NewDoorbell();
  {
    absl::MutexLock lock(&mu_);
    waiters_.push_back(room.get());
  }
  waiting_.fetch_add(1);
  absl::Status status;
  while (true) {
    status = producer_->Send(message, deadline, [this, pending](absl::Status outcome) {
      Finish(pending, std::move(outcome));
    });
    const absl::Time now = runtime_.Now();
    if (!absl::IsResourceExhausted(status) || now >= deadline) break;
    if (impatient_) {
      status = absl::CancelledError(
          absl::StrCat("not sent, for the bus is closing: ", status.message()));
      break;
    }
    room->Wait(std::min(deadline, now + kLookAgain));
  }
  waiting_.fetch_sub(1);
  absl::MutexLock lock(&mu_);
  waiters_.erase(std::find(waiters_.begin(), waiters_.end(), room.get()));
  // There may be room for another one.
  if (status.ok() && !waiters_.empty()) waiters_.front()->Ring();
  return status;
}

void Sender::StopWaiting() {
  impatient_ = true;
  absl::MutexLock lock(&mu_);
  for (Doorbell* waiter : waiters_) waiter->Ring();
}

void Sender::Finish(Pending* pending, absl::Status status) {
  Completion done = std::move(pending->done);
  pending->done = nullptr;
  pool_.Return(pending);
  done(std::move(status));
  if (waiting_.load() == 0) return;
  absl::MutexLock lock(&mu_);
  if (!waiters_.empty()) waiters_.front()->Ring();
}

absl::Status Sender::Close(absl::Time deadline) { return producer_->Close(deadline); }

}  // namespace omnibus
