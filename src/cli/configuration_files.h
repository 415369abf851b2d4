// The configuration of a command.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/bus_configuration.h"
#include "omnibus/configuration.h"
#include "omnibus/domain.h"
#include "omnibus/transport_plugin.h"

namespace omnibus::cli {

struct LoadedConfiguration {
  Setting root;
  BusConfiguration bus;
};

// Loads the files, laid over each other, and checks them against what the domains declare. Every
// error is one of the user's: each has its place.
absl::StatusOr<LoadedConfiguration> LoadConfiguration(const std::vector<std::string>& files,
                                                      const std::vector<Domain>& domains);

// The settings of a module, and their name in errors.
struct ModuleSettings {
  Setting settings;
  std::string path;
};
ModuleSettings SettingsOf(const BusConfiguration& configuration, const Domain& domain,
                          const ModuleFactory& factory);

// How a channel travels.
struct ChannelRoute {
  std::string transport;  // the entry's name
  const TransportPlugin* plugin;
  Setting options;
  Dialect dialect;
};

// kInvalidArgument: its transport's kind is not among `plugins`. These outlive the result.
absl::StatusOr<ChannelRoute> RouteOf(const BusConfiguration& configuration,
                                     const std::vector<TransportPlugin>& plugins,
                                     std::string_view channel);

// kInvalidArgument, naming the known ones.
absl::StatusOr<const TransportPlugin*> FindPlugin(const std::vector<TransportPlugin>& plugins,
                                                  std::string_view transport,
                                                  const TransportConfiguration& configuration);

}  // namespace omnibus::cli
