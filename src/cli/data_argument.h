#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace omnibus::cli {

// What --data gives: the text itself, @FILE, or - for standard input. Errors as ReadInput()'s.
absl::StatusOr<std::string> ReadDataArgument(const std::string& argument);

}  // namespace omnibus::cli
