#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/configuration_files.h"
#include "cli/names.h"
#include "cli/stop_signals.h"
#include "omnibus/bus.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

absl::StatusOr<std::vector<std::unique_ptr<Module>>> MakeModules(
    const RunCommand& command, const LoadedConfiguration& configuration, Environment& environment) {
  std::vector<std::unique_ptr<Module>> modules;
  std::vector<const ModuleFactory*> seen;
  std::vector<std::string> errors;
  for (const std::string& name : command.modules) {
    absl::StatusOr<NamedModule> found = FindModule(environment.domains, name);
    if (!found.ok()) {
      errors.emplace_back(StdView(found.status().message()));
      continue;
    }
    if (std::find(seen.begin(), seen.end(), found->factory) != seen.end()) {
      errors.push_back("the module \"" + name + "\" is given twice");
      continue;
    }
    seen.push_back(found->factory);
    const ModuleSettings settings = SettingsOf(configuration.bus, *found->domain, *found->factory);
    absl::StatusOr<std::unique_ptr<Module>> module =
        found->factory->make(settings.settings, settings.path);
    if (module.ok()) {
      modules.push_back(*std::move(module));
    } else {
      errors.emplace_back(StdView(module.status().message()));
    }
  }
  if (!errors.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
  return modules;
}

// Whether all consume before a signal or the deadline.
absl::Status WaitUntilReady(Bus& bus, StopSignals& signals, Runtime& runtime, absl::Time deadline) {
  while (true) {
    // A signal does not end the bus's waiting, so it waits for a short while each time.
    const absl::Duration step = std::min(absl::Milliseconds(200), deadline - runtime.Now());
    const absl::Status status = bus.WaitUntilReady(std::max(step, absl::ZeroDuration()));
    if (!absl::IsDeadlineExceeded(status)) return status;
    if (signals.stopped()) return absl::CancelledError("stopped");
    if (runtime.Now() >= deadline) return status;
  }
}

}  // namespace

int Run(const RunCommand& command, Environment& environment) {
  absl::StatusOr<LoadedConfiguration> configuration =
      LoadConfiguration(command.configuration, environment.domains);
  if (!configuration.ok()) return Complain(configuration.status(), kWrong);
  absl::StatusOr<std::vector<std::unique_ptr<Module>>> modules =
      MakeModules(command, *configuration, environment);
  if (!modules.ok()) return Complain(modules.status(), kWrong);

  StopSignals signals(environment.runtime);
  const absl::Time deadline = command.timeout.has_value()
                                  ? environment.runtime.Now() + *command.timeout
                                  : absl::InfiniteFuture();
  BusOptions options;
  options.configuration = configuration->root;
  options.transports = DefaultTransports();
  options.modules = *std::move(modules);
  options.runtime = &environment.runtime;
  options.log = environment.log;
  options.open_timeout = command.timeout.value_or(absl::InfiniteDuration());
  options.stop = signals.token();
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  if (!bus.ok()) {
    if (signals.stopped() && absl::IsCancelled(bus.status())) return kDone;
    return Complain(bus.status(), CodeOf(bus.status()));
  }

  absl::Status status = WaitUntilReady(**bus, signals, environment.runtime, deadline);
  if (status.ok()) {
    const std::string ready = absl::StrCat("ready: ", absl::StrJoin(command.modules, " "), "\n");
    std::fwrite(ready.data(), 1, ready.size(), stderr);
    signals.Wait(absl::InfiniteFuture());
  } else if (!signals.stopped()) {
    Complain(status, kFailed);
  }
  environment.log->info("stopping: what runs may finish within {}; another signal ends it at once",
                        absl::FormatDuration(configuration->bus.drain));
  const absl::Status closed = (*bus)->Close();
  if (!closed.ok()) return Complain(closed, kFailed);
  return status.ok() || signals.stopped() ? kDone : kFailed;
}

}  // namespace omnibus::cli
