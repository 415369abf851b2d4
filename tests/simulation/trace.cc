#include "tests/simulation/trace.h"

#include "absl/strings/str_format.h"
#include "omnibus/simulated_runtime.h"

namespace omnibus::simulation {

void Trace::Print(const std::string& step) {
  const absl::Duration since = runtime_.Now() - SimulatedRuntime::kStart;
  print_(absl::StrFormat("%12.6f  %s", absl::ToDoubleSeconds(since), step));
}

}  // namespace omnibus::simulation
