#include <string>
#include <utility>

#include "omnibus/queue_tools.h"
#include "omnibus/transports/memory.h"
#include "spdlog/logger.h"
#include "transports/memory/broker.h"
#include "transports/memory/consumer.h"
#include "transports/memory/options.h"
#include "transports/memory/producer.h"

namespace omnibus {
namespace {

class MemoryTransport final : public Transport, public QueueGauge {
 public:
  MemoryTransport(MemoryOptions options, Runtime& runtime, std::shared_ptr<spdlog::logger> log)
      : options_(std::move(options)), runtime_(runtime), log_(std::move(log)) {}

  Capabilities GetCapabilities() const override {
    Capabilities capabilities;
    capabilities.properties = true;
    capabilities.ordered_by_key = true;
    capabilities.replay = true;
    capabilities.side_queues = true;
    capabilities.max_body_bytes = options_.max_body_bytes;
    return capabilities;
  }

  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    (void)deadline;
    if (mode == DeclareMode::kCheck) return options_.broker->Check(topology);
    absl::Status status = options_.broker->Declare(topology, options_);
    if (status.ok() && log_ != nullptr) {
      log_->debug("memory: {} channels and {} groups are declared", topology.channels.size(),
                  topology.groups.size());
    }
    return status;
  }

  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time deadline) override {
    (void)deadline;  // it waits for nobody
    const memory::Log* const log = options_.broker->FindLog(queue);
    if (log == nullptr) {
      return absl::NotFoundError("memory: nobody has declared " + std::string(queue));
    }
    QueueExtent extent;
    for (std::size_t i = 0; i < log->partitions(); ++i) {
      extent.partitions.push_back({static_cast<std::int64_t>(i), log->Begin(i), log->End(i)});
      extent.messages += log->End(i) - log->Begin(i);
    }
    return extent;
  }

  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    return memory::OpenMemoryProducer(options_.broker, options_.max_body_bytes, runtime_);
  }

  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    return memory::OpenMemoryConsumer(options_.broker, options, options_.release_timeout, runtime_);
  }

 private:
  const MemoryOptions options_;
  Runtime& runtime_;
  const std::shared_ptr<spdlog::logger> log_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> MakeMemoryTransport(
    MemoryOptions options, Runtime& runtime, std::shared_ptr<spdlog::logger> log) {
  if (absl::Status status = memory::CheckOptions(options); !status.ok()) return status;
  if (options.broker == nullptr) options.broker = MakeMemoryBroker();
  return std::make_unique<MemoryTransport>(std::move(options), runtime, std::move(log));
}

TransportPlugin MakeMemoryPlugin(std::shared_ptr<MemoryBroker> broker) {
  TransportPlugin plugin;
  plugin.kind = "memory";
  plugin.dialect = Dialect::kSnake;
  plugin.make =
      [broker = std::move(broker)](
          std::string_view name, const Setting& settings, Runtime& runtime,
          std::shared_ptr<spdlog::logger> log) -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<MemoryOptions> options =
        ReadMemoryOptions(settings, "transports." + std::string(name));
    if (!options.ok()) return options.status();
    options->broker = broker;
    return MakeMemoryTransport(*std::move(options), runtime, std::move(log));
  };
  return plugin;
}

}  // namespace omnibus
