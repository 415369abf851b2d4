#include "bench/bench_bus.h"

#include <utility>

#include "spdlog/spdlog.h"

namespace omnibus::bench {
namespace {

class Consumer final : public Module {
 public:
  Consumer(const EventType& type, ModuleDescription::UntypedHandler handler)
      : Module(BenchDomain(), kConsumer), type_(type), handler_(std::move(handler)) {}

  void Describe(ModuleDescription& module) override {
    module.HandlesEvent(type_, std::move(handler_));
  }

 private:
  const EventType& type_;
  ModuleDescription::UntypedHandler handler_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Bus>> OpenBus(const Setup& setup,
                                             ModuleDescription::UntypedHandler handler) {
  const absl::Time deadline = setup.runtime->Now() + setup.timeout;
  BusOptions options;
  options.configuration = setup.configuration;
  options.transports = setup.transports;
  options.events = {&setup.sample->type()};
  options.runtime = setup.runtime;
  options.log = setup.log;
  options.open_timeout = setup.timeout;
  options.stop = setup.stop;
  if (handler) {
    options.modules.push_back(std::make_unique<Consumer>(setup.sample->type(), std::move(handler)));
  }
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  if (!bus.ok()) return bus.status();
  while (true) {
    const absl::Status ready = (*bus)->WaitUntilReady(absl::Milliseconds(200));
    if (ready.ok()) return bus;
    if (setup.stop.stop_requested()) return absl::CancelledError("stopped by a signal");
    if (!absl::IsDeadlineExceeded(ready) || setup.runtime->Now() >= deadline) return ready;
  }
}

}  // namespace omnibus::bench
