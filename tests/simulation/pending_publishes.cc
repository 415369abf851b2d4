#include "tests/simulation/pending_publishes.h"

#include <algorithm>

#include "runtime/planted_bug.h"

namespace omnibus::simulation {

PendingPublishes::Publish* PendingPublishes::Add(const OutgoingMessage& message,
                                                 absl::Time deadline, std::size_t most,
                                                 Completion done) {
  if (pending_.size() >= most) return nullptr;
  auto publish = std::make_unique<Publish>();
  auto record = std::make_shared<Record>();
  Fill(message, *record);
  publish->request = {++sequences_, std::move(record), message.mandatory,
                      message.destination == Destination::kQueue};
  publish->deadline = deadline;
  publish->done = std::move(done);
  pending_.push_back(std::move(publish));
  world_.loop.At(deadline, [this, alive = std::weak_ptr<bool>(alive_), sequence = sequences_] {
    if (!alive.expired()) Expire(sequence);
  });
  return pending_.back().get();
}

void PendingPublishes::Expire(std::uint64_t sequence) {
  for (const auto& publish : pending_) {
    if (publish->request.sequence != sequence) continue;
    if (!publish->sent) return End(sequence, absl::UnavailableError("was not sent in time"));
    if (Planted(PlantedBug::kUnknownReportedConfirmed)) return End(sequence, absl::OkStatus());
    return End(sequence, absl::DeadlineExceededError("no answer in time; outcome unknown"));
  }
}

void PendingPublishes::End(std::uint64_t sequence, const absl::Status& outcome) {
  const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const auto& publish) {
    return publish->request.sequence == sequence;
  });
  if (found == pending_.end()) return;
  Completion done = std::move((*found)->done);
  world_.trace.Step(process_.name(), ": publish #", sequence, " to ",
                    (*found)->request.message->channel, ": ", outcome.ToString());
  pending_.erase(found);
  if (pending_.empty()) idle_->Ring();
  done(outcome);
}

void PendingPublishes::EndAll(const absl::Status& outcome) {
  while (!pending_.empty()) End(pending_.front()->request.sequence, outcome);
}

bool PendingPublishes::WaitUntilEmpty(absl::Time deadline) {
  while (!pending_.empty()) {
    if (!idle_->Wait(deadline) && world_.loop.Now() >= deadline) return pending_.empty();
  }
  idle_->Ring();  // for others who wait here
  return true;
}

}  // namespace omnibus::simulation
