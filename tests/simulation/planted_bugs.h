// The bugs that can be planted, by name.
#pragma once

#include "runtime/planted_bug.h"

namespace omnibus::simulation {

// Before the first run.
void Plant(PlantedBug bug);

}  // namespace omnibus::simulation
