// What becomes of a message that could not be handled: it waits, is put off, or is buried.
#include <algorithm>
#include <string>
#include <utility>

#include "bus/dead_letters.h"
#include "bus/handling.h"
#include "bus/intake.h"
#include "bus/retry_queue.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/retry_policy.h"
#include "runtime/planted_bug.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

// A broker that cannot take it now will be asked again that soon.
constexpr absl::Duration kLongestPause = absl::Seconds(5);

}  // namespace

void Handling::Fail(Delivery* delivery, absl::Status status) {
  if (delivery->claimed) inbox_->Abandon(delivery->metadata.idempotency_key);
  delivery->claimed = false;
  if (Gone(*delivery)) return Release(delivery);

  const absl::Time now = module_.runtime->Now();
  if (delivery->attempt <= 1) delivery->first_failed_at = now;
  delivery->last_failed_at = now;
  delivery->status = std::move(status);
  // A handler that gives up although nobody asked it to is as one that failed for a while.
  const bool passing = CanRetry(delivery->status) || absl::IsCancelled(delivery->status);
  if (!passing || delivery->attempt >= configuration_.retry.attempts) {
    return Planted(PlantedBug::kExhaustedAsDone) ? End(delivery) : Bury(delivery);
  }

  const absl::Duration delay =
      configuration_.retry.DelayAfter(delivery->attempt, module_.runtime->Random());
  if (const auto end = failure_lines_.Take(now)) {
    module_.log->warn("{}: {} {} failed (attempt {} of {}), and is tried again in {}: {}{}",
                      module_.group, delivery->metadata.type, ToString(delivery->metadata.id),
                      delivery->attempt, configuration_.retry.attempts, absl::FormatDuration(delay),
                      delivery->status.ToString(), *end);
  }
  if (PutOff(delivery, delay)) return;
  if (Leaving(*delivery)) return Release(delivery);
  delivery->due = now + delay;
  delivery->stage = Delivery::Stage::kHandle;
  const bool ordered = configuration_.ordered && !Planted(PlantedBug::kRetryOvertakes);
  workers_.Delay(delivery, now + delay, ordered);
}

// False: it has to wait in the process.
bool Handling::PutOff(Delivery* delivery, absl::Duration delay) {
  // In a stop, a short one too: another process goes on with it, and with its attempts.
  if (delay <= configuration_.retry.in_place && !Leaving(*delivery)) return false;
  if (!delivery->intake->origin().has_retry_queue) return false;
  if (!delivery->put_off) {
    if (held_ >= configuration_.retry.limit) return false;
    if (KeepsOrder(*delivery) && !parking_.Reserve(*delivery)) return false;
  }
  delivery->due = std::max(delivery->due, module_.runtime->Now() + delay);
  SendToRetryQueue(delivery);
  return true;
}

void Handling::Renew(Delivery* delivery) {
  if (KeepsOrder(*delivery)) {
    for (Delivery* waiting : parking_.TakeWaiting(*delivery)) {
      waiting->stage = Delivery::Stage::kPutOff;
      Queue(waiting);
    }
  }
  SendToRetryQueue(delivery);
}

void Handling::SendToRetryQueue(Delivery* delivery) {
  if (Gone(*delivery)) return Release(delivery);
  delivery->stage = Delivery::Stage::kPutOff;
  // Before it is sent: the copy may be back before the outcome is.
  if (delivery->put_off && KeepsOrder(*delivery)) parking_.Depart(*delivery);
  if (Planted(PlantedBug::kPutOffUnconfirmed)) SettleTooEarly(*delivery);
  Send(delivery, RetryCopy(*delivery, module_.module, Wall()).message(),
       Delivery::Stage::kConcludePutOff);
}

void Handling::ConcludePutOff(Delivery* delivery) {
  const absl::Status sent = delivery->effects.TakeStatus();
  if (!sent.ok()) return TryAgain(delivery, Delivery::Stage::kPutOff, sent);
  if (KeepsOrder(*delivery)) parking_.Miss(*delivery);
  Settle(delivery);
}

bool Handling::ParksItsKey(const Delivery& delivery) const {
  return configuration_.after_dead_letter == AfterDeadLetter::kPark && KeepsOrder(delivery) &&
         delivery.dead_because.empty() && delivery.intake->origin().has_retry_queue;
}

void Handling::Bury(Delivery* delivery) {
  // One that cannot be decoded begins here.
  const bool has_begun = delivery->handler != nullptr || delivery->tries > 0;
  if (!has_begun && !Leaving(*delivery)) delivery->source->Begin(delivery->message.tag.position);
  const bool stays = !has_begun && Leaving(*delivery) &&
                     !delivery->source->LeavesGap(delivery->message.tag.position);
  if (Gone(*delivery) || stays) return Release(delivery);
  delivery->stage = Delivery::Stage::kBury;
  if (delivery->attempt == 0) {
    delivery->first_failed_at = delivery->last_failed_at = module_.runtime->Now();
  }
  delivery->parks = ParksItsKey(*delivery);
  // Before it is sent: the dead letter may be released before this goes on.
  if (delivery->parks) parking_.BeginToPark(*delivery);
  const DeadLetter letter(*delivery, module_.module, Wall());
  if (Planted(PlantedBug::kDeadLetterUnconfirmed)) SettleTooEarly(*delivery);
  if (Planted(PlantedBug::kDeadLetterTwice)) {
    delivery->intake->origin().sender->Send(
        letter.message(), module_.runtime->Now() + publish_timeout_, [](const absl::Status&) {});
  }
  Send(delivery, letter.message(), Delivery::Stage::kConcludeBurial);
}

void Handling::ConcludeBurial(Delivery* delivery) {
  const absl::Status buried = delivery->effects.TakeStatus();
  if (!buried.ok()) return TryAgain(delivery, Delivery::Stage::kBury, buried);
  const std::string reason = DeadReason(*delivery);
  if (const auto end = failure_lines_.Take(module_.runtime->Now())) {
    module_.log->warn("{}: {} of {} went to the dead letters after {} attempt(s): {}: {}{}",
                      module_.group,
                      delivery->handler == nullptr ? "a message" : delivery->metadata.type,
                      delivery->message.channel, delivery->attempt, reason,
                      StdView(delivery->status.message()), *end);
  }
  if (observer_ != nullptr) {
    observer_->OnDeadLettered({module_.domain, module_.module, delivery->message.channel, reason,
                               StdView(delivery->status.message()), delivery->attempt});
  }
  if (delivery->parks) return Park(delivery);
  End(delivery);
}

WallClock Handling::Wall() const {
  return [now = module_.runtime->Now(), wall = module_.runtime->WallTime()](absl::Time steady) {
    return wall + (steady - now);
  };
}

// The outcome comes as the end of the delivery's effects.
void Handling::Send(Delivery* delivery, const OutgoingMessage& message, Delivery::Stage then) {
  ++delivery->tries;
  delivery->then = then;
  delivery->effects.Start(&OnEffectsEnded, delivery);
  delivery->intake->origin().sender->Send(
      message, module_.runtime->Now() + publish_timeout_,
      [delivery](absl::Status outcome) { delivery->effects.End(std::move(outcome)); });
}

// It could not be put where it shall go. Nothing of its key goes before that.
void Handling::TryAgain(Delivery* delivery, Delivery::Stage stage, const absl::Status& error) {
  if (Leaving(*delivery)) return Release(delivery);
  const absl::Duration delay =
      configuration_.retry.DelayAfter(delivery->tries, module_.runtime->Random());
  if (const auto end = refusal_lines_.Take(module_.runtime->Now())) {
    const bool is_dead = stage == Delivery::Stage::kBury || stage == Delivery::Stage::kAnnounce;
    module_.log->error(
        "{}: a message of {} could not be put into the {} queue, and that is tried again in "
        "{}: {}{}",
        module_.group, delivery->message.channel, is_dead ? "dead-letter" : "retry",
        absl::FormatDuration(delay), error.ToString(), *end);
  }
  delivery->stage = stage;
  workers_.Delay(delivery, module_.runtime->Now() + std::min(delay, kLongestPause),
                 /*hold_order=*/true);
}

}  // namespace omnibus
