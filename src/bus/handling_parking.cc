// Keys that are parked behind a dead letter, and their release (docs/retries.md).
#include <algorithm>

#include "bus/dead_letters.h"
#include "bus/handling.h"
#include "bus/intake.h"
#include "bus/retry_queue.h"
#include "runtime/planted_bug.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

// Until what is parked has perhaps come to the dead letters.
constexpr absl::Duration kAskAgain = absl::Milliseconds(20);

// Until what is to be released has perhaps left its place.
constexpr absl::Duration kLookAgain = absl::Milliseconds(200);

}  // namespace

// Its dead letter is confirmed. A mark in the retry queue keeps its place, and never comes due.
void Handling::Park(Delivery* delivery) {
  if (Gone(*delivery)) return Release(delivery);
  if (delivery->superseded) return Settle(delivery);  // is released already
  if (Planted(PlantedBug::kMarkUnconfirmed)) return End(delivery);
  delivery->stage = Delivery::Stage::kPark;
  if (!parking_.Park(*delivery)) return Settle(delivery);
  Send(delivery, RetryCopy(*delivery, module_.module, Wall()).message(),
       Delivery::Stage::kConcludePark);
}

void Handling::ConcludePark(Delivery* delivery) {
  const absl::Status sent = delivery->effects.TakeStatus();
  if (!sent.ok()) return TryAgain(delivery, Delivery::Stage::kPark, sent);
  module_.log->warn("{}: the key of {} {} is parked until its dead letter is replayed or purged",
                    module_.group, delivery->metadata.type, ToString(delivery->metadata.id));
  parking_.Miss(*delivery);
  // Those that waited for it are parked behind it, too.
  for (Delivery* waiting : parking_.TakeWaiting(*delivery)) Queue(waiting);
  Settle(delivery);
}

void Handling::BuryParked(Delivery* delivery) {
  delivery->behind = parking_.ParkedBehind(*delivery);
  delivery->dead_because = kReasonParked;
  Bury(delivery);
}

void Handling::HandleRelease(Delivery* delivery) {
  if (delivery->release == Delivery::Release::kDone) return FinishRelease(delivery);
  if (!delivery->announced) return Announce(delivery);
  switch (parking_.StateOf(*delivery)) {
    case Parking::State::kReleasing:  // held for the time of a renewal
      return Renew(delivery);
    case Parking::State::kReleased:
    case Parking::State::kFree:
      break;
  }
  const bool is_drop = delivery->release == Delivery::Release::kDrop;
  delivery->release = Delivery::Release::kNone;
  if (is_drop) return End(delivery);
  // As a message like any other, so that a restart does not wait for the end of the release again.
  delivery->due = absl::InfinitePast();
  SendToRetryQueue(delivery);
}

// From here on what follows goes to the retry queue again; all of its key that is in the dead
// letters stands before this.
void Handling::Announce(Delivery* delivery) {
  if (Leaving(*delivery)) return Release(delivery);
  if (delivery->superseded) return Settle(delivery);
  delivery->stage = Delivery::Stage::kAnnounce;
  if (parking_.IsHindered(*delivery, Delivery::Hinders::kAnnouncement)) {
    return workers_.Delay(delivery, module_.runtime->Now() + kAskAgain, /*hold_order=*/false);
  }
  delivery->first_failed_at = delivery->last_failed_at = module_.runtime->Now();
  delivery->dead_because = kReasonReleased;
  delivery->behind = delivery->metadata.id;
  Send(delivery, DeadLetter(*delivery, module_.module, Wall()).message(),
       Delivery::Stage::kConcludeAnnouncement);
}

void Handling::ConcludeAnnouncement(Delivery* delivery) {
  const absl::Status sent = delivery->effects.TakeStatus();
  if (!sent.ok()) return TryAgain(delivery, Delivery::Stage::kAnnounce, sent);
  if (Leaving(*delivery)) return Release(delivery);
  if (delivery->superseded) return Settle(delivery);
  delivery->announced = true;
  delivery->dead_because = {};
  delivery->stage = Delivery::Stage::kHandle;
  if (parking_.StateOf(*delivery) != Parking::State::kReleasing) return HandleRelease(delivery);
  workers_.Delay(delivery, module_.runtime->Now() + kRenewAfter, /*hold_order=*/false);
}

// All that was parked has its place again.
void Handling::FinishRelease(Delivery* delivery) {
  const bool finishes = parking_.Finish(*delivery);
  if (finishes) {
    // Not the end of another release: the two would expedite each other for ever.
    workers_.Expedite([&](const Delivery& other) {
      return other.order_key == delivery->order_key && other.release != Delivery::Release::kDone;
    });
  }
  if (finishes || parking_.IsHindered(*delivery, Delivery::Hinders::kEndOfRelease)) {
    // Settled when the other one has gone on: a crash before must not end the release.
    return workers_.Delay(delivery, module_.runtime->Now() + kLookAgain, /*hold_order=*/false);
  }
  Settle(delivery);
}

}  // namespace omnibus
