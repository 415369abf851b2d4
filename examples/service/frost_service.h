// frost-service: tells when a station measures frost.
#pragma once

#include "absl/status/status.h"
#include "events.h"
#include "omnibus/module.h"

namespace weather {

class FrostService final : public omnibus::Module {
 public:
  FrostService() : Module(kWeather, "frost-service") {}

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;

 private:
  absl::Status OnMeasured(const TemperatureMeasured& event, omnibus::Context& context);

  omnibus::ModuleHost* host_ = nullptr;
};

}  // namespace weather
