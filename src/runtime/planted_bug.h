// Bugs that the simulation plants, to show that it finds them. In the product there are none: the
// switch is a constant there, and costs nothing.
#pragma once

#include <span>
#include <string_view>

namespace omnibus {

enum class PlantedBug {
  kNone,
  kCommitPastUnfinished,      // the watermark follows the last one that was settled
  kSettleAfterRevoke,         // an epoch that has passed is settled all the same
  kStaleUnassign,             // a late release takes away a newer assignment
  kUnknownReportedConfirmed,  // a publish without an answer counts as confirmed
};

#ifdef OMNIBUS_PLANTED_BUGS
// Whether that one is planted in this run.
bool Planted(PlantedBug bug);
#else
constexpr bool Planted(PlantedBug) { return false; }
#endif

}  // namespace omnibus
