#include "station_service.h"

#include "omnibus/log.h"

namespace weather {

void StationService::Describe(omnibus::ModuleDescription& module) {
  module.Publishes<TemperatureMeasured>();
}

absl::Status StationService::Start(omnibus::ModuleHost& host) {
  // The host's runtime, and not std::thread: so the service runs in tests with virtual time too.
  stop_ = host.runtime().NewDoorbell();
  thread_ = host.runtime().Spawn("station", [this, &host] { Measure(host); });
  return absl::OkStatus();
}

void StationService::Stop() {
  if (thread_ == nullptr) return;
  stopping_ = true;
  stop_->Ring();
  thread_->Join();
}

void StationService::Measure(omnibus::ModuleHost& host) {
  omnibus::Runtime& runtime = host.runtime();
  omnibus::PublishOptions options;
  options.timeout = absl::Seconds(5);  // Stop() waits no longer
  for (int count = 0; !stopping_; ++count) {
    const TemperatureMeasured event{
        .station = options_.station,
        .celsius = omnibus::Decimal::FromUnits(35 - 25 * (count % 5), 1),  // 3.5 down to -6.5
        .measured_at = omnibus::ToTimestamp(runtime.WallTime())};
    const absl::Status status = host.publisher().Publish(event, options);
    if (!status.ok()) {
      omnibus::LogWarning(host.log(), "not published: " + status.ToString());
    }
    stop_->Wait(runtime.Now() + options_.interval);
  }
}

}  // namespace weather
