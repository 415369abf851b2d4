#include "runtime/planted_bug.h"

#include "tests/simulation/planted_bugs.h"

namespace omnibus {
namespace {

// One for the whole process: a simulation plants one, or none, before it runs.
PlantedBug planted = PlantedBug::kNone;

}  // namespace

bool Planted(PlantedBug bug) { return planted == bug; }

namespace simulation {

void Plant(PlantedBug bug) { planted = bug; }

}  // namespace simulation
}  // namespace omnibus
