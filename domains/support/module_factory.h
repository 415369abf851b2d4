// From settings to a module, as each service's factory does it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/configuration.h"
#include "omnibus/module.h"

namespace domain_support {

// For an omnibus::ModuleFactory: a `Service` made of what `Read(settings, path)` returns.
template <typename Service, auto Read>
absl::StatusOr<std::unique_ptr<omnibus::Module>> MakeModule(const omnibus::Setting& settings,
                                                            const std::string& path) {
  auto options = Read(settings, path);
  if (!options.ok()) return options.status();
  return std::make_unique<Service>(*std::move(options));
}

// The options that `read(reader, options)` fills in, or all that is wrong with the settings.
template <typename Options, typename Read>
absl::StatusOr<Options> ReadOptions(const omnibus::Setting& settings, const std::string& path,
                                    Read read) {
  Options options;
  omnibus::SettingsReader reader(settings, path);
  read(reader, options);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return options;
}

}  // namespace domain_support
