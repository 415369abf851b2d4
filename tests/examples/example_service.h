// The example's executable with one of its own configurations.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace omnibus::testing {

// `arguments`, and then `--config` with a file of examples/service.
inline std::vector<std::string> ExampleService(std::vector<std::string> arguments,
                                               const std::string& configuration) {
  arguments.insert(arguments.begin(), OMNIBUS_EXAMPLE);
  arguments.insert(arguments.end(),
                   {"--config", OMNIBUS_SOURCE_DIR "/examples/service/" + configuration});
  return arguments;
}

}  // namespace omnibus::testing
