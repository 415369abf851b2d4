// Bugs that the simulation plants, to show that it finds them. In the product there are none: the
// switch is a constant there, and costs nothing.
#pragma once

namespace omnibus {

// What each of them is: tests/simulation/planted_bugs.cc.
enum class PlantedBug {
  kNone,
  kAcknowledgeFirst,
  kCommitPastUnfinished,
  kSettleAfterRevoke,
  kDeadLetterUnconfirmed,
  kProducerClosedFirst,
  kRetryOvertakes,
  kStaleUnassign,
  kAttemptsReset,
  kEffectsUnconfirmed,
  kInboxFirst,
  kRandomEffectKeys,
  kTwoOfOneKey,
  kReleasedEarly,
  kUnknownReportedConfirmed,
  kDeadLetterTwice,
  kParkedFollowerOvertakes,
  kPutOffUnconfirmed,
  kDroppedAtRevoke,
  kExhaustedAsDone,
  kMultipleAcknowledgement,
  kConfirmedWhenTaken,
  kParkedKeyGoesOn,
  kMarkUnconfirmed,
};

#ifdef OMNIBUS_PLANTED_BUGS
// Whether that one is planted in this run.
bool Planted(PlantedBug bug);
#else
constexpr bool Planted(PlantedBug) { return false; }
#endif

}  // namespace omnibus
