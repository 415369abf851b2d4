#include "tests/faults/bus_on_trial.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/transport_plugin.h"
#include "tests/faults/transport_for_broker.h"

namespace omnibus::faults {

absl::StatusOr<std::unique_ptr<Bus>> OpenBusOnTrial(Kind kind, const std::string& address,
                                                    workshop::Joiner::Work work,
                                                    const BusOnTrialOptions& trial) {
  const std::string yaml = absl::StrCat(
      "bus: {transport: ", KindName(kind), "}\ntransports: {", KindName(kind), ": ",
      TransportSettings(kind, address), "}\n",
      trial.consumes ? absl::StrCat("modules: {joiner: ", trial.module_settings, "}\n") : "");
  absl::StatusOr<Setting> configuration = ParseSettings(yaml, "configuration of the test");
  if (!configuration.ok()) return configuration.status();
  BusOptions options;
  options.configuration = *std::move(configuration);
  std::vector<TransportPlugin> plugins = DefaultTransports();
  for (TransportPlugin& plugin : plugins) {
    options.transports.push_back(trial.decorate == nullptr ? std::move(plugin)
                                                           : trial.decorate(std::move(plugin)));
  }
  options.open_timeout = trial.open_timeout;
  options.events = EventTypesOf<workshop::Ordered>();
  if (trial.consumes) {
    options.modules.push_back(std::make_unique<workshop::Joiner>(std::move(work)));
  }
  return Bus::Open(std::move(options));
}

}  // namespace omnibus::faults
