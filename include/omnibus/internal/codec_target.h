// The instructions that the quick ways of reading are compiled for, whatever the program around
// them is compiled for.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
// A function that reads quickly may use AVX2, although a distribution's build is made for older
// processors: it is called only after RunsQuickReads() has asked the processor. g++ and clang want
// this said of every function on the way, and both have it for attributes only: hence macros.
#define OMNIBUS_QUICK_READS 1
#define OMNIBUS_QUICK [[gnu::noinline, gnu::target("avx2,bmi")]]
#define OMNIBUS_QUICK_INLINE [[gnu::always_inline, gnu::target("avx2,bmi")]] inline
#endif

namespace omnibus::internal {

// Whether this processor runs what is marked above. Elsewhere everything is read the general way.
inline bool RunsQuickReads() {
#ifdef OMNIBUS_QUICK_READS
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
#else
  return false;
#endif
}

}  // namespace omnibus::internal
