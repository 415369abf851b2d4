// config check
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/configuration_files.h"
#include "cli/json_line.h"
#include "cli/names.h"
#include "config/secrets.h"
#include "envelope/envelope_codec.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/sinks/null_sink.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

const char* NameOf(DeclareScope scope) {
  switch (scope) {
    case DeclareScope::kAll:
      return "all";
    case DeclareScope::kOwn:
      return "own";
    case DeclareScope::kNever:
      return "never";
  }
  return "";
}

const char* NameOf(StartFrom from) {
  switch (from) {
    case StartFrom::kEarliest:
      return "earliest";
    case StartFrom::kLatest:
      return "latest";
    case StartFrom::kError:
      return "error";
  }
  return "";
}

// One part of the configuration and what it means: {"url", "\"amqp://...\""}. Values are JSON.
struct Part {
  std::string section;  // "transport"
  std::string name;     // "rabbitmq"; empty for bus
  std::vector<std::pair<std::string, std::string>> values;
};

std::string Text(std::string_view text) { return JsonText(text); }
std::string Text(absl::Duration duration) {
  return JsonText(StdView(absl::FormatDuration(duration)));
}

void Flatten(const Setting& setting, const std::string& path, bool secret, Part& part) {
  switch (setting.kind()) {
    case Setting::Kind::kNothing:
      return;
    case Setting::Kind::kScalar:
      part.values.emplace_back(path, Text(secret ? "***" : WithoutCredentials(setting.text())));
      return;
    case Setting::Kind::kList:
      for (std::size_t i = 0; i < setting.items().size(); ++i) {
        Flatten(setting.items()[i], absl::StrCat(path, "[", i, "]"), secret, part);
      }
      return;
    case Setting::Kind::kMap:
      for (const Setting::Entry& entry : setting.entries()) {
        Flatten(entry.value, path.empty() ? entry.key : path + "." + entry.key,
                secret || IsSecretName(entry.key), part);
      }
      return;
  }
}

// What the transports and modules themselves say of their settings.
std::vector<std::string> CheckParts(const LoadedConfiguration& configuration,
                                    const std::vector<TransportPlugin>& plugins,
                                    const Environment& environment) {
  std::vector<std::string> errors;
  const auto silent =
      std::make_shared<spdlog::logger>("check", std::make_shared<spdlog::sinks::null_sink_mt>());
  for (const auto& [name, transport] : configuration.bus.transports) {
    absl::StatusOr<const TransportPlugin*> plugin = FindPlugin(plugins, name, transport);
    absl::Status status = plugin.status();
    if (plugin.ok()) {
      status = (*plugin)->make(name, transport.options, environment.runtime, silent).status();
    }
    if (!status.ok()) errors.emplace_back(StdView(status.message()));
  }
  for (const auto& [name, module] : configuration.bus.modules) {
    absl::StatusOr<NamedModule> found = FindModule(environment.domains, name);
    if (!found.ok()) continue;  // names have been checked
    const ModuleSettings settings = SettingsOf(configuration.bus, *found->domain, *found->factory);
    const absl::Status status = found->factory->make(settings.settings, settings.path).status();
    if (!status.ok()) errors.emplace_back(StdView(status.message()));
  }
  return errors;
}

std::vector<Part> MeaningOf(const BusConfiguration& bus,
                            const std::vector<TransportPlugin>& plugins,
                            const std::vector<Domain>& domains) {
  std::vector<Part> parts;
  parts.push_back(
      {"bus",
       "",
       {{"transport", Text(bus.transport)},
        {"envelope", bus.envelope.has_value() ? Text(DialectName(*bus.envelope)) : "null"},
        {"declare", Text(NameOf(bus.declare))},
        {"drain", Text(bus.drain)},
        {"publish_timeout", Text(bus.publish_timeout)}}});
  for (const auto& [name, transport] : bus.transports) {
    Part part{"transport", name, {{"kind", Text(transport.kind)}}};
    Flatten(transport.options, "", false, part);
    parts.push_back(std::move(part));
  }
  for (std::string_view channel : AllChannels(domains)) {
    absl::StatusOr<ChannelRoute> route = RouteOf(bus, plugins, channel);
    if (!route.ok()) continue;  // CheckParts() has said so
    Part part{
        "channel",
        std::string(channel),
        {{"transport", Text(route->transport)}, {"envelope", Text(DialectName(route->dialect))}}};
    const ChannelConfiguration& settings = bus.Channel(channel);
    if (settings.partitions > 0)
      part.values.emplace_back("partitions", absl::StrCat(settings.partitions));
    if (settings.replication > 0)
      part.values.emplace_back("replication", absl::StrCat(settings.replication));
    parts.push_back(std::move(part));
  }
  for (const Domain& domain : domains) {
    for (const ModuleFactory& factory : domain.modules) {
      const ModuleConfiguration& module = bus.Module(domain.name->name, factory.name);
      Part part{"module",
                std::string(domain.name->name) + "/" + std::string(factory.name),
                {{"concurrency", absl::StrCat(module.concurrency)},
                 {"start_from", Text(NameOf(module.start_from))},
                 {"ordered", module.ordered ? "true" : "false"},
                 {"in_flight", absl::StrCat(module.in_flight)},
                 {"retry.attempts", absl::StrCat(module.retry.attempts)},
                 {"retry.first_delay", Text(module.retry.first_delay)},
                 {"retry.factor", absl::StrCat(module.retry.factor)},
                 {"retry.max_delay", Text(module.retry.max_delay)},
                 {"retry.jitter", absl::StrCat(module.retry.jitter)}}};
      Flatten(module.settings, "settings", false, part);
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

void Print(const Part& part, bool json, Output& out) {
  if (json) {
    JsonLine line;
    line.Text("section", part.section);
    if (!part.name.empty()) line.Text("name", part.name);
    for (const auto& [name, value] : part.values) line.Raw(name, value);
    return out.Line(line.Done());
  }
  out.Line(part.name.empty() ? part.section : part.section + " " + part.name);
  for (const auto& [name, value] : part.values) {
    // People read text without quotes.
    const bool quoted =
        value.size() >= 2 && value.front() == '"' && value.find('\\') == std::string::npos;
    out.Line(absl::StrCat("  ", name, ": ",
                          value == "null" ? "(the transport's own)"
                          : quoted        ? value.substr(1, value.size() - 2)
                                          : value));
  }
}

}  // namespace

int CheckConfiguration(const CheckConfigurationCommand& command, Environment& environment) {
  absl::StatusOr<LoadedConfiguration> configuration =
      LoadConfiguration(command.files, environment.domains);
  if (!configuration.ok()) return Complain(configuration.status(), kWrong);
  const std::vector<TransportPlugin> plugins = DefaultTransports();
  const std::vector<std::string> errors = CheckParts(*configuration, plugins, environment);
  if (!errors.empty()) return Complain(absl::StrJoin(errors, "\n"), kWrong);
  for (const Part& part : MeaningOf(configuration->bus, plugins, environment.domains)) {
    Print(part, command.json, environment.out);
  }
  if (environment.out.status().ok() || absl::IsCancelled(environment.out.status())) return kDone;
  return Complain(environment.out.status(), kFailed);
}

}  // namespace omnibus::cli
