// A program with two services. Which broker they use is said by the file given with --config, and
// which of them runs in this process by the command line:
//
//   example_service run frost-service station-service --config memory.yaml
//   example_service run frost-service --config rabbitmq.yaml
//   example_service publish temperature.measured --data @measurement.json --config kafka.yaml
//   example_service tail weather.events --config kafka.yaml
#include "omnibus/main.h"

#include <memory>
#include <string>
#include <utility>

#include "events.h"
#include "frost_service.h"
#include "omnibus/configuration.h"
#include "station_service.h"

namespace weather {
namespace {

absl::StatusOr<std::unique_ptr<omnibus::Module>> MakeFrostService(const omnibus::Setting& settings,
                                                                  const std::string& path) {
  omnibus::SettingsReader reader(settings, path);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return std::make_unique<FrostService>();
}

absl::StatusOr<std::unique_ptr<omnibus::Module>> MakeStationService(
    const omnibus::Setting& settings, const std::string& path) {
  StationServiceOptions options;
  omnibus::SettingsReader reader(settings, path);
  reader.Read("station", options.station);
  reader.Read("interval", options.interval);
  if (options.interval <= absl::ZeroDuration()) {
    reader.Fail(settings.Find("interval"), "interval", "must be more than 0");
  }
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return std::make_unique<StationService>(std::move(options));
}

omnibus::Domain WeatherDomain() {
  return {.name = &kWeather,
          .events = omnibus::EventTypesOf<TemperatureMeasured, FrostSeen>(),
          .modules = {{"frost-service", MakeFrostService}, {"station-service", MakeStationService}},
          .demonstration = {}};
}

}  // namespace
}  // namespace weather

int main(int argc, char** argv) { return omnibus::Main(argc, argv, {weather::WeatherDomain()}); }
