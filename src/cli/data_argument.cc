#include "cli/data_argument.h"

#include "cli/input.h"

namespace omnibus::cli {

absl::StatusOr<std::string> ReadDataArgument(const std::string& argument) {
  if (argument == "-") return ReadInput("-");
  if (argument.starts_with('@')) return ReadInput(argument.substr(1));
  return argument;
}

}  // namespace omnibus::cli
