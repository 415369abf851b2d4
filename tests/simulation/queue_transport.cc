#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/producer.h"
#include "tests/simulation/queue_broker.h"

namespace omnibus::simulation {
namespace {

class QueueTransport final : public Transport, public QueueGauge {
 public:
  QueueTransport(QueueBroker& broker, Process& process, std::size_t queue, std::size_t prefetch)
      : broker_(broker), process_(process), queue_(queue), prefetch_(prefetch) {}

  Capabilities GetCapabilities() const override {
    Capabilities capabilities;
    capabilities.properties = true;
    capabilities.side_queues = true;
    capabilities.max_body_bytes = 1 << 20;
    return capabilities;
  }

  absl::Status Declare(const Topology& topology, DeclareMode, absl::Time) override {
    broker_.Declare(topology);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    // What was sent again may be there twice.
    return MakeProducer(broker_.world(), process_, queue_,
                        [&broker = broker_](const PendingPublishes::Request& request) {
                          return broker.Publish(*request.message, request.to_queue,
                                                request.mandatory);
                        });
  }

  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    if (options.module.empty()) {
      return OpenQueueReader(broker_, process_, options.subscriptions[0].channel);
    }
    return OpenQueueConsumer(broker_, process_, prefetch_, options);
  }

  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time) override {
    World& world = broker_.world();
    world.runtime.SleepUntil(world.runtime.Now() + world.weather.most_latency);
    if (!process_.Step("look at a queue")) return absl::UnavailableError("killed");
    return broker_.Measure(queue);
  }

 private:
  QueueBroker& broker_;
  Process& process_;
  const std::size_t queue_;
  const std::size_t prefetch_;
};

}  // namespace

TransportPlugin MakeQueuePlugin(QueueBroker& broker, Process& process) {
  TransportPlugin plugin;
  plugin.kind = "queue";
  plugin.dialect = Dialect::kCamel;
  plugin.make = [&broker, &process](
                    std::string_view name, const Setting& settings, Runtime&,
                    std::shared_ptr<spdlog::logger>) -> absl::StatusOr<std::unique_ptr<Transport>> {
    std::size_t queue = 1000;
    std::size_t prefetch = 256;
    SettingsReader reader(settings, absl::StrCat("transports.", std::string(name)));
    reader.Read("queue", queue);
    reader.Read("prefetch", prefetch);
    if (absl::Status status = reader.Finish(); !status.ok()) return status;
    return std::make_unique<QueueTransport>(broker, process, queue, prefetch);
  };
  return plugin;
}

}  // namespace omnibus::simulation
