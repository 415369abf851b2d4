#include "bus/handling.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bus/dead_letters.h"
#include "bus/handler_context.h"
#include "bus/intake.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/retry_policy.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

// Until another delivery of the same effect has ended.
constexpr absl::Duration kAskAgain = absl::Milliseconds(20);

}  // namespace

Handling::Handling(const ModuleIdentity& module, const ModuleConfiguration& configuration,
                   absl::Duration publish_timeout, std::unique_ptr<Inbox> inbox, Observer* observer)
    : module_(module),
      configuration_(configuration),
      publish_timeout_(publish_timeout),
      inbox_(std::move(inbox)),
      observer_(observer),
      workers_(*module.runtime, configuration.concurrency,
               [this](Delivery* delivery) { Process(delivery); }),
      empty_(module.runtime->NewDoorbell()) {}

void Handling::Admit(Delivery* delivery) {
  in_flight_.fetch_add(1);
  delivery->source->in_flight.fetch_add(1);
}

std::size_t Handling::Room() const {
  const std::size_t taken = in_flight_.load();
  return taken >= configuration_.in_flight ? 0 : configuration_.in_flight - taken;
}

void Handling::WaitForRoom(Doorbell* doorbell, absl::Time deadline) {
  {
    absl::MutexLock lock(&mu_);
    waiters_.push_back(doorbell);
  }
  waiting_for_room_.fetch_add(1);
  if (Room() == 0) doorbell->Wait(deadline);
  waiting_for_room_.fetch_sub(1);
  absl::MutexLock lock(&mu_);
  waiters_.erase(std::find(waiters_.begin(), waiters_.end(), doorbell));
}

void Handling::Drain() {
  draining_ = true;
  workers_.Expedite();
}

bool Handling::WaitUntilEmpty(absl::Time deadline) {
  while (in_flight_ != 0) {
    if (!empty_->Wait(deadline)) return in_flight_ == 0;
  }
  return true;
}

bool Handling::Leaving(const Delivery& delivery) const {
  return draining_ || delivery.source->leaving;
}

void Handling::Process(Delivery* delivery) {
  switch (delivery->stage) {
    case Delivery::Stage::kHandle:
      return Handle(delivery);
    case Delivery::Stage::kConclude:
      return Conclude(delivery);
    case Delivery::Stage::kBury:
      return Bury(delivery);
    case Delivery::Stage::kBuried:
      return ConcludeBurial(delivery);
  }
}

void Handling::Handle(Delivery* delivery) {
  if (Leaving(*delivery)) return Release(delivery);
  const absl::StatusOr<Inbox::Claim> claim = inbox_->Begin(delivery->metadata.idempotency_key);
  if (!claim.ok()) return Fail(delivery, claim.status());
  if (*claim == Inbox::Claim::kTaken) return Settle(delivery);
  if (*claim == Inbox::Claim::kRunning) {
    return workers_.Delay(delivery, module_.runtime->Now() + kAskAgain, /*hold_order=*/true);
  }
  delivery->claimed = true;
  ++delivery->attempt;
  delivery->effects.Start(&OnEffectsEnded, delivery);
  running_.fetch_add(1);
  absl::Status status = Call(delivery);
  running_.fetch_sub(1);
  // Where it published something, the last outcome calls OnEffectsEnded: from here on the delivery
  // may be anybody's.
  if (delivery->effects.EndHere(std::move(status))) Conclude(delivery);
}

absl::Status Handling::Call(Delivery* delivery) {
  try {
    HandlerContext context(module_, /*timer=*/{}, delivery->metadata, delivery->attempt,
                           delivery->effects);
    return delivery->handler->handle(delivery->storage.event(), context);
  } catch (const std::exception& exception) {
    return absl::InternalError(absl::StrCat("the handler threw: ", exception.what()));
  } catch (...) {
    return absl::InternalError("the handler threw something that is no std::exception");
  }
}

void Handling::OnEffectsEnded(void* owner) {
  Delivery* delivery = static_cast<Delivery*>(owner);
  delivery->stage = delivery->stage == Delivery::Stage::kBury ? Delivery::Stage::kBuried
                                                              : Delivery::Stage::kConclude;
  delivery->intake->handling().workers_.Resume(delivery);
}

void Handling::Conclude(Delivery* delivery) {
  absl::Status status = delivery->effects.TakeStatus();
  if (observer_ != nullptr) {
    observer_->OnHandled(
        {module_.domain, module_.module, delivery->metadata, delivery->attempt, status});
  }
  if (!status.ok()) return Fail(delivery, std::move(status));
  delivery->claimed = false;
  const absl::Status recorded = inbox_->Complete(delivery->metadata.idempotency_key);
  if (!recorded.ok()) {
    module_.log->error("{}: the inbox could not record {} {}: {}", module_.group,
                       delivery->metadata.type, ToString(delivery->metadata.id),
                       recorded.ToString());
  }
  Settle(delivery);
}

void Handling::Fail(Delivery* delivery, absl::Status status) {
  if (delivery->claimed) inbox_->Abandon(delivery->metadata.idempotency_key);
  delivery->claimed = false;
  if (Leaving(*delivery)) return Release(delivery);

  const absl::Time now = module_.runtime->Now();
  if (delivery->attempt <= 1) delivery->first_failed_at = now;
  delivery->last_failed_at = now;
  delivery->status = std::move(status);
  // A handler that gives up although nobody asked it to is as one that failed for a while.
  const bool passing = CanRetry(delivery->status) || absl::IsCancelled(delivery->status);
  if (!passing || delivery->attempt >= configuration_.retry.attempts) return Bury(delivery);

  const absl::Duration delay =
      configuration_.retry.DelayAfter(delivery->attempt, module_.runtime->Random());
  module_.log->warn("{}: {} {} failed (attempt {} of {}), and is tried again in {}: {}",
                    module_.group, delivery->metadata.type, ToString(delivery->metadata.id),
                    delivery->attempt, configuration_.retry.attempts, absl::FormatDuration(delay),
                    delivery->status.ToString());
  delivery->stage = Delivery::Stage::kHandle;
  workers_.Delay(delivery, now + delay, configuration_.ordered);
}

void Handling::Bury(Delivery* delivery) {
  if (Leaving(*delivery)) return Release(delivery);
  delivery->stage = Delivery::Stage::kBury;
  ++delivery->burials;
  const absl::Time now = module_.runtime->Now();
  if (delivery->handler == nullptr && delivery->burials == 1) {
    delivery->first_failed_at = delivery->last_failed_at = now;
  }
  const absl::Time wall = module_.runtime->WallTime();
  const DeadLetter letter(*delivery, module_.module,
                          [&](absl::Time steady) { return wall + (steady - now); });
  delivery->effects.Start(&OnEffectsEnded, delivery);
  delivery->intake->origin().sender->Send(
      letter.message(), now + publish_timeout_,
      [delivery](absl::Status outcome) { delivery->effects.End(std::move(outcome)); });
}

void Handling::ConcludeBurial(Delivery* delivery) {
  const absl::Status buried = delivery->effects.TakeStatus();
  if (!buried.ok()) {
    if (Leaving(*delivery)) return Release(delivery);
    const absl::Duration delay =
        configuration_.retry.DelayAfter(delivery->burials, module_.runtime->Random());
    module_.log->error(
        "{}: the dead letter of a message of {} could not be published, and is tried "
        "again in {}: {}",
        module_.group, delivery->message.channel, absl::FormatDuration(delay), buried.ToString());
    delivery->stage = Delivery::Stage::kBury;
    return workers_.Delay(delivery, module_.runtime->Now() + delay, /*hold_order=*/true);
  }
  const std::string reason = DeadReason(*delivery);
  module_.log->warn(
      "{}: {} of {} went to the dead letters after {} attempt(s): {}: {}", module_.group,
      delivery->handler == nullptr ? "a message" : delivery->metadata.type,
      delivery->message.channel, delivery->attempt, reason, StdView(delivery->status.message()));
  if (observer_ != nullptr) {
    observer_->OnDeadLettered({module_.domain, module_.module, delivery->message.channel, reason,
                               StdView(delivery->status.message()), delivery->attempt});
  }
  Settle(delivery);
}

void Handling::Settle(Delivery* delivery) {
  // Dropped ones are counted by the consumer: somebody else has the message by now.
  delivery->intake->origin().consumer->Settle({&delivery->message.tag, 1});
  Release(delivery);
}

void Handling::Release(Delivery* delivery) {
  workers_.End(delivery);
  delivery->storage.Clear();
  delivery->message.headers.clear();
  delivery->message.owner.reset();
  Source* source = delivery->source;
  Intake* intake = delivery->intake;
  pool_.Return(delivery);
  // In this order: whoever marks the source as leaving looks at its count afterwards.
  if (source->in_flight.fetch_sub(1) == 1 && source->leaving) {
    intake->origin().consumer->Interrupt();
  }
  if (in_flight_.fetch_sub(1) == 1) empty_->Ring();
  if (waiting_for_room_.load() == 0) return;
  absl::MutexLock lock(&mu_);
  for (Doorbell* waiter : waiters_) waiter->Ring();
}

}  // namespace omnibus
