#include "tests/simulation/planted_bugs.h"

namespace omnibus {
namespace {

// One for the whole process: a simulation plants one, or none, before it runs.
PlantedBug planted = PlantedBug::kNone;

}  // namespace

bool Planted(PlantedBug bug) { return planted == bug; }

namespace simulation {

void Plant(PlantedBug bug) { planted = bug; }

const std::vector<BugDescription>& AllBugs() {
  static const std::vector<BugDescription> all = {
      {PlantedBug::kAcknowledgeFirst, "acknowledge-first",
       "a message is settled before its handler runs"},
      {PlantedBug::kCommitPastUnfinished, "commit-past-unfinished",
       "the watermark follows what was settled last"},
      {PlantedBug::kSettleAfterRevoke, "settle-after-revoke",
       "what was delivered in an epoch that has passed is settled all the same"},
      {PlantedBug::kDeadLetterUnconfirmed, "dead-letter-unconfirmed",
       "a message is settled before its dead letter is confirmed"},
      {PlantedBug::kProducerClosedFirst, "producer-closed-first",
       "a drain closes the producers before the handlers have ended"},
      {PlantedBug::kRetryOvertakes, "retry-overtakes", "what waits for a retry lets its key go on"},
      {PlantedBug::kStaleUnassign, "stale-unassign",
       "a late release takes a newer assignment away"},
      {PlantedBug::kAttemptsReset, "attempts-reset",
       "what is read back from the retry queue starts anew"},
      {PlantedBug::kEffectsUnconfirmed, "effects-unconfirmed",
       "a message is settled before what its handler published is confirmed"},
      {PlantedBug::kInboxFirst, "inbox-first", "the inbox is told before the handler runs"},
      {PlantedBug::kRandomEffectKeys, "random-effect-keys",
       "what a handler publishes has another idempotency key each time"},
      {PlantedBug::kTwoOfOneKey, "two-of-one-key", "keys are ignored when handlers are started"},
      {PlantedBug::kReleasedEarly, "released-early",
       "a revoked partition is let go while its handlers run"},
      {PlantedBug::kUnknownReportedConfirmed, "unknown-confirmed",
       "a publish without an answer counts as confirmed"},
      {PlantedBug::kDeadLetterTwice, "dead-letter-twice", "a dead letter is published twice"},
      {PlantedBug::kParkedFollowerOvertakes, "parked-overtakes",
       "what waits behind a message that was put off is handled before it"},
      {PlantedBug::kPutOffUnconfirmed, "put-off-unconfirmed",
       "a message is settled before its copy in the retry queue is confirmed"},
      {PlantedBug::kDroppedAtRevoke, "dropped-at-revoke",
       "what is not begun when its partition goes is settled"},
      {PlantedBug::kExhaustedAsDone, "exhausted-as-done",
       "what has failed for the last time is settled, and no dead letter"},
      {PlantedBug::kMultipleAcknowledgement, "multiple-acknowledgement",
       "an acknowledgement covers all that came before it"},
      {PlantedBug::kConfirmedWhenTaken, "confirmed-when-taken",
       "a publish counts as confirmed when the transport has taken it"},
      {PlantedBug::kParkedKeyGoesOn, "parked-key-goes-on",
       "what follows a dead letter that parks its key is handled"},
      {PlantedBug::kMarkUnconfirmed, "mark-unconfirmed",
       "a dead letter that parks its key is settled, and leaves no mark"},
  };
  return all;
}

}  // namespace simulation
}  // namespace omnibus
