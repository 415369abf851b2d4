#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/queue_tools.h"
#include "tests/simulation/log_clients.h"
#include "tests/simulation/producer.h"

namespace omnibus::simulation {
namespace {

class LogTransport final : public Transport, public QueueGauge {
 public:
  LogTransport(LogBroker& broker, Process& process, const LogOptions& options, int partitions)
      : broker_(broker), process_(process), options_(options), partitions_(partitions) {}

  Capabilities GetCapabilities() const override {
    Capabilities capabilities;
    capabilities.ordered_by_key = true;
    capabilities.replay = true;
    capabilities.side_queues = true;
    capabilities.max_body_bytes = 1 << 20;
    return capabilities;
  }

  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    (void)mode;
    (void)deadline;
    broker_.Declare(topology, partitions_);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    // Idempotent, as Kafka's: the broker knows what it is sent again by its number.
    return MakeProducer(broker_.world(), process_, options_.queue,
                        [&broker = broker_, number = broker_.world().dice.Next()](
                            const PendingPublishes::Request& request) {
                          return broker.Produce(number, request.sequence, *request.message);
                        });
  }

  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    if (options.module.empty()) {
      return OpenLogReader(broker_, process_, options.subscriptions[0].channel);
    }
    return OpenLogConsumer(broker_, process_, options_, options);
  }

  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time) override {
    World& world = broker_.world();
    world.runtime.SleepUntil(world.runtime.Now() + world.weather.most_latency);
    if (!process_.Step("look at a queue")) return absl::UnavailableError("killed");
    return broker_.Measure(queue);
  }

 private:
  LogBroker& broker_;
  Process& process_;
  const LogOptions options_;
  const int partitions_;
};

}  // namespace

TransportPlugin MakeLogPlugin(LogBroker& broker, Process& process) {
  TransportPlugin plugin;
  plugin.kind = "log";
  plugin.dialect = Dialect::kCamel;
  plugin.make = [&broker, &process](
                    std::string_view name, const Setting& settings, Runtime&,
                    std::shared_ptr<spdlog::logger>) -> absl::StatusOr<std::unique_ptr<Transport>> {
    LogOptions options;
    int partitions = 4;
    SettingsReader reader(settings, absl::StrCat("transports.", std::string(name)));
    reader.Read("queue", options.queue);
    reader.Read("commit_after", options.commit_after);
    reader.Read("release_within", options.release_within);
    reader.Read("partitions", partitions);
    if (absl::Status status = reader.Finish(); !status.ok()) return status;
    return std::make_unique<LogTransport>(broker, process, options, partitions);
  };
  return plugin;
}

}  // namespace omnibus::simulation
