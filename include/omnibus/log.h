// Lines of log for modules, which need not know the logging library.
//
// This header brings spdlog along: include it in sources only.
#pragma once

#include <string_view>

#include "spdlog/logger.h"

namespace omnibus {

// Thread-safety: any thread, concurrently.
inline void LogInfo(spdlog::logger& log, std::string_view line) { log.info("{}", line); }
inline void LogWarning(spdlog::logger& log, std::string_view line) { log.warn("{}", line); }
inline void LogError(spdlog::logger& log, std::string_view line) { log.error("{}", line); }

}  // namespace omnibus
