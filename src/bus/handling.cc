#include "bus/handling.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bus/handler_context.h"
#include "bus/intake.h"
#include "runtime/planted_bug.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

// Until another delivery of the same effect has ended.
constexpr absl::Duration kAskAgain = absl::Milliseconds(20);

// Until others that are put off have perhaps been handled.
constexpr absl::Duration kLookForRoom = absl::Milliseconds(200);

}  // namespace

Handling::Handling(const ModuleIdentity& module, const ModuleConfiguration& configuration,
                   absl::Duration publish_timeout, std::unique_ptr<Inbox> inbox, Observer* observer)
    : module_(module),
      configuration_(configuration),
      publish_timeout_(publish_timeout),
      inbox_(std::move(inbox)),
      observer_(observer),
      workers_(
          *module.runtime, configuration.concurrency,
          [this](Delivery* delivery) { Process(delivery); }, [this] { TellOfRoom(); }),
      parking_(*module.runtime, configuration.retry.limit),
      empty_(module.runtime->NewDoorbell()) {}

void Handling::Admit(Delivery* delivery) {
  in_flight_.fetch_add(1);
  delivery->source->in_flight.fetch_add(1);
}

std::size_t Handling::Room() const {
  const std::size_t held = held_.load();
  const std::size_t all = in_flight_.load();
  const std::size_t taken = all - std::min(all, held);
  return taken >= configuration_.in_flight ? 0 : configuration_.in_flight - taken;
}

void Handling::WaitForRoom(Doorbell* doorbell, absl::Time deadline) {
  {
    absl::MutexLock lock(&mu_);
    waiters_.push_back(doorbell);
  }
  waiting_for_room_.fetch_add(1);
  parking_.clock().Stop();
  if (Room() == 0) doorbell->Wait(deadline);
  parking_.clock().GoOn();
  waiting_for_room_.fetch_sub(1);
  absl::MutexLock lock(&mu_);
  waiters_.erase(std::find(waiters_.begin(), waiters_.end(), doorbell));
}

bool Handling::AdmitPutOff(Delivery* delivery) {
  Admit(delivery);
  Hold(delivery);
  if (KeepsOrder(*delivery)) {
    const Parking::Arrival arrival = parking_.Arrive(delivery);
    if (arrival.given_back != nullptr) Queue(arrival.given_back);
    if (!arrival.has_place) {
      Settle(delivery);
      return false;
    }
  }
  if (delivery->parks) delivery->due = absl::InfiniteFuture();
  if (delivery->hinders == Delivery::Hinders::kEndOfRelease) {
    // A copy that was superseded by this one is settled at once.
    workers_.Expedite([](const Delivery& other) { return other.superseded.load(); });
  }
  const absl::Time now = module_.runtime->Now();
  if (delivery->due <= now) return true;
  workers_.Delay(delivery, std::min(delivery->due, now + kRenewAfter), /*hold_order=*/false);
  return false;
}

void Handling::LetGo() {
  const auto leaves = [this](const Source& source) { return Leaving(source); };
  workers_.Expedite([&](const Delivery& delivery) { return leaves(*delivery.source); });
  for (Delivery* delivery : parking_.TakeWaiting(leaves)) Queue(delivery);
}

void Handling::Forget() {
  LetGo();
  const auto is_lost = [](const Source& source) { return source.lost.load(); };
  for (Delivery* delivery : parking_.Forget(is_lost)) Release(delivery);
}

void Handling::CatchUp(Source& source) {
  source.caught_up = true;
  const absl::Time now = module_.runtime->Now();
  workers_.Expedite([&](const Delivery& delivery) {
    return delivery.source == &source && delivery.put_off && delivery.due <= now;
  });
}

void Handling::Drain() {
  draining_ = true;
  LetGo();
}

bool Handling::WaitUntilEmpty(absl::Time deadline) {
  while (in_flight_ != 0 && empty_->Wait(deadline)) {
  }
  if (const std::string rest = failure_lines_.Rest() + refusal_lines_.Rest(); !rest.empty()) {
    module_.log->warn("{}: stops{}", module_.group, rest);
  }
  return in_flight_ == 0;
}

bool Handling::KeepsOrder(const Delivery& delivery) const {
  return configuration_.ordered && delivery.order_key != 0 && delivery.handler != nullptr;
}

void Handling::Hold(Delivery* delivery) {
  if (!std::exchange(delivery->holding, true)) held_.fetch_add(1);
}

void Handling::Unhold(Delivery* delivery) {
  if (std::exchange(delivery->holding, false)) held_.fetch_sub(1);
}

void Handling::Queue(Delivery* delivery) {
  Delivery* const one[] = {delivery};
  workers_.Add(delivery->lane, one);
}

void Handling::Process(Delivery* delivery) {
  switch (delivery->stage) {
    case Delivery::Stage::kHandle:
      return Handle(delivery);
    case Delivery::Stage::kConclude:
      return Conclude(delivery);
    case Delivery::Stage::kPutOff:
      return SendToRetryQueue(delivery);
    case Delivery::Stage::kConcludePutOff:
      return ConcludePutOff(delivery);
    case Delivery::Stage::kBury:
      return Bury(delivery);
    case Delivery::Stage::kConcludeBurial:
      return ConcludeBurial(delivery);
    case Delivery::Stage::kPark:
      return Park(delivery);
    case Delivery::Stage::kConcludePark:
      return ConcludePark(delivery);
    case Delivery::Stage::kAnnounce:
      return Announce(delivery);
    case Delivery::Stage::kConcludeAnnouncement:
      return ConcludeAnnouncement(delivery);
  }
}

void Handling::Handle(Delivery* delivery) {
  if (delivery->superseded) return Settle(delivery);
  if (Leaving(*delivery)) return HandleLeaving(delivery);
  if (WaitsForTheRest(delivery)) return;
  if (delivery->release != Delivery::Release::kNone) return HandleRelease(delivery);
  if (!IsItsTurn(delivery)) return;
  // In this order: whoever marks the source as leaving looks at what has begun afterwards.
  delivery->source->Begin(delivery->message.tag.position);
  if (Leaving(*delivery)) return HandleLeaving(delivery);
  Begin(delivery);
}

// The module stops, or gives up what this came from. What has begun ends, and what would leave a
// gap does not stay behind.
void Handling::HandleLeaving(Delivery* delivery) {
  if (Planted(PlantedBug::kDroppedAtRevoke)) return Settle(delivery);
  if (Gone(*delivery)) return Release(delivery);
  const bool leaves_gap = delivery->source->LeavesGap(delivery->message.tag.position);
  if (delivery->put_off) return leaves_gap ? SendToRetryQueue(delivery) : Release(delivery);
  if (delivery->attempt > 0) {
    if (!PutOff(delivery, absl::ZeroDuration())) Release(delivery);
    return;
  }
  if (!leaves_gap) return Release(delivery);
  if (IsItsTurn(delivery)) Begin(delivery);
}

void Handling::Begin(Delivery* delivery) {
  Unhold(delivery);
  const absl::StatusOr<Inbox::Claim> claim = inbox_->Begin(delivery->metadata.idempotency_key);
  if (!claim.ok()) return Fail(delivery, claim.status());
  if (*claim == Inbox::Claim::kTaken) return End(delivery);
  if (*claim == Inbox::Claim::kRunning) {
    return workers_.Delay(delivery, module_.runtime->Now() + kAskAgain, /*hold_order=*/true);
  }
  if (Planted(PlantedBug::kAcknowledgeFirst)) SettleTooEarly(*delivery);
  if (Planted(PlantedBug::kInboxFirst)) {
    inbox_->Complete(delivery->metadata.idempotency_key).IgnoreError();
  }
  delivery->claimed = true;
  ++delivery->attempt;
  delivery->then = Delivery::Stage::kConclude;
  delivery->effects.Start(&OnEffectsEnded, delivery);
  running_.fetch_add(1);
  absl::Status status = Call(delivery);
  running_.fetch_sub(1);
  // Where it published something, the last outcome calls OnEffectsEnded: from here on the delivery
  // may be anybody's.
  if (delivery->effects.EndHere(std::move(status))) Conclude(delivery);
}

// False: it is somewhere else by now, and comes again if it has to.
bool Handling::IsItsTurn(Delivery* delivery) {
  if (delivery->put_off) {
    if (delivery->due > module_.runtime->Now()) {
      Renew(delivery);
      return false;
    }
    if (!KeepsOrder(*delivery)) return true;
    switch (parking_.TurnOf(*delivery)) {
      case Parking::Turn::kNow:
        return true;
      case Parking::Turn::kParked:
        if (Planted(PlantedBug::kParkedKeyGoesOn)) return true;
        BuryParked(delivery);
        return false;
      case Parking::Turn::kLater:
        WaitForTurn(delivery);
        return false;
    }
  }
  if (!KeepsOrder(*delivery)) return true;
  switch (parking_.Enter(*delivery)) {
    case Parking::Entry::kFree:
      return true;
    case Parking::Entry::kBehind:
      if (Planted(PlantedBug::kParkedFollowerOvertakes)) return true;
      SendToRetryQueue(delivery);
      return false;
    case Parking::Entry::kParked:
      if (Planted(PlantedBug::kParkedKeyGoesOn)) return true;
      BuryParked(delivery);
      return false;
    case Parking::Entry::kRepeats:
      Settle(delivery);
      return false;
    case Parking::Entry::kFull:
      workers_.Delay(delivery, module_.runtime->Now() + kLookForRoom, /*hold_order=*/true);
      return false;
  }
  return true;
}

// True: it goes on when all that its retry queue held is here, and the key's places are known.
bool Handling::WaitsForTheRest(Delivery* delivery) {
  if (!delivery->put_off || delivery->source->caught_up) return false;
  Hold(delivery);
  Source& source = *delivery->source;
  workers_.Delay(delivery, absl::InfiniteFuture(), /*hold_order=*/false);
  // Either may have been told before it waited.
  if (source.caught_up) CatchUp(source);
  if (Leaving(source)) LetGo();
  return true;
}

// Lets the key go while those before it are put off.
void Handling::WaitForTurn(Delivery* delivery) {
  Hold(delivery);
  const Source& source = *delivery->source;
  if (source.shared) {
    // Those before it may have come to another member, and are not heard of again.
    return workers_.Delay(delivery, module_.runtime->Now() + kLookForRoom, /*hold_order=*/false);
  }
  workers_.End(delivery);
  if (!parking_.Wait(delivery)) {
    Queue(delivery);  // its turn has come meanwhile
  } else if (Leaving(source)) {
    LetGo();  // has looked before it waited
  }
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
  delivery->stage = delivery->then;
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
  End(delivery);
}

// It is done with: handled, dropped or a dead letter.
void Handling::End(Delivery* delivery) {
  Delivery* next = nullptr;
  if (delivery->put_off && KeepsOrder(*delivery)) next = parking_.Leave(*delivery);
  Settle(delivery);
  if (next != nullptr) Queue(next);
}

void Handling::Settle(Delivery* delivery) {
  delivery->source->Begin(delivery->message.tag.position);
  // Dropped ones are counted by the consumer: somebody else has the message by now.
  delivery->intake->origin().consumer->Settle({&delivery->message.tag, 1});
  Recycle(delivery);
}

void Handling::SettleTooEarly(const Delivery& delivery) {
  delivery.intake->origin().consumer->Settle({&delivery.message.tag, 1});
}

// It stays unsettled.
void Handling::Release(Delivery* delivery) {
  if (module_.cancelled->load(std::memory_order_relaxed)) abandoned_.fetch_add(1);
  delivery->source->GiveBack(delivery->message.tag.position);
  Recycle(delivery);
}

void Handling::Recycle(Delivery* delivery) {
  workers_.End(delivery);
  Unhold(delivery);
  parking_.HinderNoMore(*delivery);
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
  TellOfRoom();
}

// Not of each place: to wake the receiver costs more than to handle a small message.
void Handling::TellOfRoom() {
  if (waiting_for_room_.load() == 0) return;
  const std::size_t room = Room();
  const bool is_enough = room >= std::min(kBatch, (configuration_.in_flight + 3) / 4);
  if (!is_enough && (room == 0 || !workers_.AnyIdle())) return;
  absl::MutexLock lock(&mu_);
  for (Doorbell* waiter : waiters_) waiter->Ring();
}

}  // namespace omnibus
