#include "tests/dead/mortal_transport.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "omnibus/queue_tools.h"

namespace omnibus::testing {
namespace {

absl::Status Dead() { return absl::UnavailableError("killed"); }

class MortalProducer final : public Producer {
 public:
  MortalProducer(std::unique_ptr<Producer> inner, Lifeline& life)
      : inner_(std::move(inner)), life_(life) {}

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    return life_.Step() ? inner_->Send(message, deadline, std::move(done)) : Dead();
  }
  absl::Status Flush(absl::Time deadline) override { return inner_->Flush(deadline); }
  absl::Status Close(absl::Time deadline) override { return inner_->Close(deadline); }
  LinkHealth Health() const override { return inner_->Health(); }

 private:
  const std::unique_ptr<Producer> inner_;
  Lifeline& life_;
};

class MortalConsumer final : public Consumer {
 public:
  MortalConsumer(std::unique_ptr<Consumer> inner, Lifeline& life, Runtime& runtime)
      : inner_(std::move(inner)), life_(life), runtime_(runtime) {}

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    if (life_.alive()) return inner_->Wait(deadline, max_events, events);
    runtime_.SleepUntil(std::min(deadline, runtime_.Now() + absl::Milliseconds(10)));
    return absl::OkStatus();
  }
  void Interrupt() override { inner_->Interrupt(); }
  std::size_t Settle(std::span<const DeliveryTag> tags) override {
    return life_.Step() ? inner_->Settle(tags) : 0;
  }
  void Release(std::uint64_t epoch) override { inner_->Release(epoch); }
  absl::Status Close(absl::Time deadline) override { return inner_->Close(deadline); }
  LinkHealth Health() const override { return inner_->Health(); }

 private:
  const std::unique_ptr<Consumer> inner_;
  Lifeline& life_;
  Runtime& runtime_;
};

class MortalTransport final : public Transport, public QueueGauge {
 public:
  MortalTransport(std::unique_ptr<Transport> inner, Lifeline& life, Runtime& runtime)
      : inner_(std::move(inner)), life_(life), runtime_(runtime) {}

  Capabilities GetCapabilities() const override { return inner_->GetCapabilities(); }
  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    return inner_->Declare(topology, mode, deadline);
  }
  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    absl::StatusOr<std::unique_ptr<Producer>> inner = inner_->OpenProducer();
    if (!inner.ok()) return inner.status();
    return std::make_unique<MortalProducer>(*std::move(inner), life_);
  }
  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    absl::StatusOr<std::unique_ptr<Consumer>> inner = inner_->OpenConsumer(options);
    if (!inner.ok()) return inner.status();
    return std::make_unique<MortalConsumer>(*std::move(inner), life_, runtime_);
  }
  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time deadline) override {
    if (!life_.alive()) return Dead();
    return dynamic_cast<QueueGauge&>(*inner_).MeasureQueue(queue, deadline);
  }

 private:
  const std::unique_ptr<Transport> inner_;
  Lifeline& life_;
  Runtime& runtime_;
};

}  // namespace

TransportPlugin MakeMortalPlugin(std::shared_ptr<MemoryBroker> broker, Lifeline& life) {
  TransportPlugin plugin = MakeMemoryPlugin(std::move(broker));
  plugin.make =
      [make = plugin.make, &life](
          std::string_view name, const Setting& options, Runtime& runtime,
          std::shared_ptr<spdlog::logger> log) -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<std::unique_ptr<Transport>> inner = make(name, options, runtime, log);
    if (!inner.ok()) return inner.status();
    return std::make_unique<MortalTransport>(*std::move(inner), life, runtime);
  };
  return plugin;
}

}  // namespace omnibus::testing
