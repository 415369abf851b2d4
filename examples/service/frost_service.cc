#include "frost_service.h"

#include "omnibus/log.h"

namespace weather {

void FrostService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &FrostService::OnMeasured);
  module.Publishes<FrostSeen>();
}

absl::Status FrostService::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  return absl::OkStatus();
}

absl::Status FrostService::OnMeasured(const TemperatureMeasured& event, omnibus::Context& context) {
  if (event.celsius > omnibus::Decimal()) return absl::OkStatus();
  const bool hard = event.celsius < omnibus::Decimal::FromUnits(-5, 0);
  omnibus::LogInfo(host_->log(), "frost at " + event.station + ": " + ToString(event.celsius));
  // Confirmed by the broker before the measurement is settled: frost is never lost, and never seen
  // twice for one measurement.
  return context.Publish(FrostSeen{event.station, hard ? Severity::hard_frost : Severity::frost});
}

}  // namespace weather
