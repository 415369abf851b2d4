// The bugs that can be planted, by name.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/planted_bug.h"

namespace omnibus::simulation {

struct BugDescription {
  PlantedBug bug;
  std::string_view name;  // on the command line
  std::string_view what;
};

const std::vector<BugDescription>& AllBugs();

// Before the first run.
void Plant(PlantedBug bug);

}  // namespace omnibus::simulation
