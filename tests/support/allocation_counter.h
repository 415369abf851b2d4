// Counts what a test takes from the heap. Whoever links allocation_counter.cc has its operator new.
#pragma once

#include <cstdint>

namespace omnibus::testing {

// Of this thread, since it began.
int AllocationsSoFar();

// Of all threads of the process.
std::int64_t AllocationsOfAll();

}  // namespace omnibus::testing
