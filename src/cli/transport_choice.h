// --transport: a configuration with another transport than its own.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/configuration_files.h"
#include "omnibus/configuration.h"

namespace omnibus::cli {

// The mapping with another value under `key`; `place` stands for both in errors.
Setting Replaced(const Setting& map, const std::string& key, Setting value,
                 const Setting::Place& place);

// The configuration with another bus.transport: the entry of that name, or else the only one of
// that kind. kInvalidArgument: there is none, or there are several.
absl::StatusOr<Setting> WithTransport(const LoadedConfiguration& configuration,
                                      const std::string& transport);

}  // namespace omnibus::cli
