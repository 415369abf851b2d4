// The bus's log, among the steps of a run.
#pragma once

#include <memory>

#include "spdlog/logger.h"
#include "tests/simulation/trace.h"

namespace omnibus::simulation {

// `trace` outlives it. Off where nobody looks.
std::shared_ptr<spdlog::logger> MakeLog(Trace& trace);

}  // namespace omnibus::simulation
