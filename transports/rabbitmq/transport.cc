#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/queue_tools.h"
#include "omnibus/transports/rabbitmq.h"
#include "transports/rabbitmq/address.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/consumer.h"
#include "transports/rabbitmq/declare_run.h"
#include "transports/rabbitmq/delivery.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/options.h"
#include "transports/rabbitmq/publisher.h"
#include "transports/rabbitmq/resolver.h"
#include "transports/rabbitmq/topology.h"

namespace omnibus {
namespace rabbitmq {
namespace {

constexpr std::uint16_t kDeclareChannel = 1;

class RabbitMqTransport final : public Transport, public QueueGauge {
 public:
  RabbitMqTransport(RabbitMqOptions options, Address address, Runtime& runtime,
                    std::shared_ptr<spdlog::logger> logger)
      : logger_(std::move(logger)),
        resolver_(runtime),
        settings_{std::move(options), std::move(address), runtime, resolver_} {}

  Capabilities GetCapabilities() const override {
    return {.properties = true,
            // Several members share one queue, message by message.
            .ordered_by_key = false,
            .replay = false,
            .side_queues = true,
            .max_body_bytes = settings_.options.max_body_bytes};
  }

  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    std::vector<DeclareStep> steps;
    if (absl::Status status = MakeSteps(topology, steps); !status.ok()) return status;
    DeclareRun run(kDeclareChannel, steps, mode, DeclareRun::OnError::kStop);
    absl::Status status = RunSteps(run, deadline);
    // What operators keep is theirs to make again.
    if (status.ok() && mode == DeclareMode::kDeclare) declared_.Add(steps);
    return status;
  }

  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time deadline) override {
    DeclareStep step;
    step.kind = DeclareStep::Kind::kQueue;
    step.name = queue;
    DeclareRun run(kDeclareChannel, {step}, DeclareMode::kCheck, DeclareRun::OnError::kStop);
    if (absl::Status status = RunSteps(run, deadline); !status.ok()) return status;
    return QueueExtent{.partitions = {}, .messages = run.messages(), .consumers = run.consumers()};
  }

  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    return MakePublisher(settings_, declared_, logger_);
  }

  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    return MakeConsumer(settings_, declared_, logger_, pool_, options);
  }

 private:
  // On a connection of its own, whose I/O thread is the caller's: declaring is rare, and must
  // disturb nobody.
  absl::Status RunSteps(DeclareRun& run, absl::Time deadline) {
    Runtime& runtime = settings_.runtime;
    Connection connection(settings_, "declare", std::make_shared<Wakeup>(), runtime.Random());
    bool started = false;
    const auto handler = [&](const amqp_frame_t& frame) {
      if (frame.channel == kDeclareChannel && frame.frame_type == AMQP_FRAME_METHOD) {
        run.OnMethod(connection, frame.payload.method);
      }
    };
    while (!connection.closed() && !run.done()) {
      if (!started && connection.open()) {
        started = true;
        run.Start(connection);
        continue;
      }
      if (runtime.Now() >= deadline) {
        if (!started) {
          return Error(absl::StatusCode::kUnavailable, "connect to " + settings_.address.Shown(),
                       "no answer before the deadline");
        }
        return Error(
            absl::StatusCode::kDeadlineExceeded, "declare",
            absl::StrCat("no answer of ", settings_.address.Shown(), " before the deadline"));
      }
      connection.Turn(deadline, handler);
    }
    if (!run.done()) return connection.status();
    connection.Close();
    while (!connection.closed() && runtime.Now() < deadline) connection.Turn(deadline, handler);
    return run.status();
  }

  const std::shared_ptr<spdlog::logger> logger_;
  Resolver resolver_;
  const ConnectionSettings settings_;
  DeclaredTopology declared_;
  DeliveryPool pool_;
};

}  // namespace
}  // namespace rabbitmq

std::string RabbitMqClient() { return absl::StrCat("rabbitmq-c ", amqp_version()); }

absl::StatusOr<std::unique_ptr<Transport>> MakeRabbitMqTransport(
    RabbitMqOptions options, Runtime& runtime, std::shared_ptr<spdlog::logger> logger) {
  if (absl::Status status = rabbitmq::CheckOptions(options); !status.ok()) return status;
  absl::StatusOr<rabbitmq::Address> address = rabbitmq::ParseUrl(options.url);
  if (!address.ok()) return address.status();
  return std::make_unique<rabbitmq::RabbitMqTransport>(std::move(options), *std::move(address),
                                                       runtime, std::move(logger));
}

}  // namespace omnibus
