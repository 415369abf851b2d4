// station-service: measures the temperature again and again. Here it makes it up.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "events.h"
#include "omnibus/module.h"

namespace weather {

struct StationServiceOptions {
  std::string station = "hilltop";
  absl::Duration interval = absl::Seconds(1);  // between two measurements
};

class StationService final : public omnibus::Module {
 public:
  explicit StationService(StationServiceOptions options)
      : Module(kWeather, "station-service"), options_(std::move(options)) {}

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;
  void Stop() override;

 private:
  void Measure(omnibus::ModuleHost& host);

  const StationServiceOptions options_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<omnibus::Doorbell> stop_;
  std::unique_ptr<omnibus::Thread> thread_;
};

}  // namespace weather
