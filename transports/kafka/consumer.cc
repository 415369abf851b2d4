#include "transports/kafka/consumer.h"

#include <utility>

#include "transports/kafka/consumer_core.h"

namespace omnibus::kafka {
namespace {

class ConsumerHandle final : public Consumer {
 public:
  explicit ConsumerHandle(std::shared_ptr<ConsumerCore> core) : core_(std::move(core)) {}
  // Leaves the group in the background, so that others take over soon.
  ~ConsumerHandle() override { core_->Abandon(); }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    return core_->Wait(deadline, max_events, events);
  }
  void Interrupt() override { core_->Interrupt(); }
  std::size_t Settle(std::span<const DeliveryTag> tags) override { return core_->Settle(tags); }
  void Release(std::uint64_t epoch) override { core_->Release(epoch); }
  absl::Status Close(absl::Time deadline) override { return core_->Close(deadline); }
  LinkHealth Health() const override { return core_->Health(); }

 private:
  const std::shared_ptr<ConsumerCore> core_;
};

}  // namespace

absl::StatusOr<OpenedConsumer> OpenConsumer(const KafkaOptions& options,
                                            const ConsumerOptions& consumer, Runtime& runtime,
                                            std::shared_ptr<spdlog::logger> log,
                                            TopicMissing missing) {
  if (consumer.subscriptions.empty()) {
    return absl::InvalidArgumentError("kafka: a consumer without subscriptions");
  }
  auto core = std::make_shared<ConsumerCore>(options, consumer, runtime, std::move(log),
                                             std::move(missing));
  if (absl::Status status = core->Start(); !status.ok()) return status;
  return OpenedConsumer{std::make_unique<ConsumerHandle>(core), core};
}

}  // namespace omnibus::kafka
