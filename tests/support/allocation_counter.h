// Counts what a test takes from the heap. Whoever links allocation_counter.cc has its operator new.
#pragma once

namespace omnibus::testing {

// Of this thread, since it began.
int AllocationsSoFar();

}  // namespace omnibus::testing
