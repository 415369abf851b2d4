// Whether the options make sense.
#pragma once

#include "absl/status/status.h"
#include "omnibus/transports/memory.h"

namespace omnibus::memory {

// kInvalidArgument names the option.
absl::Status CheckOptions(const MemoryOptions& options);

}  // namespace omnibus::memory
