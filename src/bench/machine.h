// What a measurement was made on.
#pragma once

#include <string>
#include <vector>

#include "omnibus/envelope.h"

namespace omnibus::bench {

// Processor, cores, memory, kernel, load, the versions of omnibus and the compiler, and whether it
// was optimized. What cannot be found out is left out.
std::vector<NamedValue> DescribeMachine();

// False: times of this build say nothing.
bool BuiltOptimized();

}  // namespace omnibus::bench
