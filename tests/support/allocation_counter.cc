// In a file of its own: seen together with what they replace, g++ 12 takes the pair for a mismatch.
#include "tests/support/allocation_counter.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
thread_local int allocations = 0;
std::atomic<std::int64_t> allocations_of_all = 0;
}  // namespace

// Arrays and the forms that do not throw come here by themselves.
void* operator new(std::size_t size) {
  ++allocations;
  allocations_of_all.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace omnibus::testing {

int AllocationsSoFar() { return allocations; }
std::int64_t AllocationsOfAll() { return allocations_of_all; }

}  // namespace omnibus::testing
