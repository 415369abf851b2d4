#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace omnibus::cli {

// All of a file, or of standard input for "-". kNotFound; kInvalidArgument: it cannot be read, or
// is larger than 1 GiB.
absl::StatusOr<std::string> ReadInput(const std::string& file);

}  // namespace omnibus::cli
