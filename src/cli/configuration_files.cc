#include "cli/configuration_files.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/names.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::cli {

absl::StatusOr<LoadedConfiguration> LoadConfiguration(const std::vector<std::string>& files,
                                                      const std::vector<Domain>& domains) {
  absl::StatusOr<Setting> root = LoadSettings(files);
  if (!root.ok()) return root.status();
  absl::StatusOr<BusConfiguration> bus = ReadBusConfiguration(*root);
  if (!bus.ok()) return bus.status();
  std::vector<ModuleName> modules;
  for (const Domain& domain : domains) {
    for (const ModuleFactory& factory : domain.modules) {
      modules.push_back({domain.name->name, factory.name});
    }
  }
  const std::vector<std::string_view> channels = AllChannels(domains);
  if (absl::Status status = CheckNames(*bus, modules, channels); !status.ok()) return status;
  return LoadedConfiguration{*std::move(root), *std::move(bus)};
}

ModuleSettings SettingsOf(const BusConfiguration& configuration, const Domain& domain,
                          const ModuleFactory& factory) {
  std::string key = std::string(domain.name->name) + "/" + std::string(factory.name);
  if (!configuration.modules.contains(key)) key = std::string(factory.name);
  return {configuration.Module(domain.name->name, factory.name).settings,
          "modules." + key + ".settings"};
}

absl::StatusOr<const TransportPlugin*> FindPlugin(const std::vector<TransportPlugin>& plugins,
                                                  std::string_view transport,
                                                  const TransportConfiguration& configuration) {
  std::vector<std::string> kinds;
  for (const TransportPlugin& plugin : plugins) {
    if (plugin.kind == configuration.kind) return &plugin;
    kinds.emplace_back(plugin.kind);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      configuration.options.Where(), ": transports.", AbslView(transport),
      ": there is no transport of the kind ", Quoted(configuration.kind), " in this program",
      Suggestion(configuration.kind, kinds), " (give an entry of another name its `kind`)"));
}

absl::StatusOr<ChannelRoute> RouteOf(const BusConfiguration& configuration,
                                     const std::vector<TransportPlugin>& plugins,
                                     std::string_view channel) {
  const ChannelConfiguration& settings = configuration.Channel(channel);
  ChannelRoute route;
  route.transport = settings.transport.value_or(configuration.transport);
  const TransportConfiguration& transport = configuration.transports.at(route.transport);
  absl::StatusOr<const TransportPlugin*> plugin = FindPlugin(plugins, route.transport, transport);
  if (!plugin.ok()) return plugin.status();
  route.plugin = *plugin;
  route.options = transport.options;
  route.dialect = settings.envelope.has_value()        ? *settings.envelope
                  : configuration.envelope.has_value() ? *configuration.envelope
                                                       : route.plugin->dialect;
  return route;
}

}  // namespace omnibus::cli
