#include "transports/kafka/consumer.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

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

namespace {

absl::Status CheckSideQueues(const ConsumerOptions& options) {
  std::set<std::string_view> names;
  for (const Subscription& subscription : options.subscriptions) names.insert(subscription.channel);
  for (const Subscription& subscription : options.subscriptions) {
    for (const std::string& queue : subscription.queues) {
      const auto refuse = [&queue](absl::string_view why) {
        return absl::InvalidArgumentError(
            absl::StrCat("kafka: subscribe to side queue ", queue, ": ", why));
      };
      if (options.module.empty()) return refuse("only a group has side queues");
      if (subscription.destination != Destination::kChannel) return refuse("a queue has none");
      if (!names.insert(queue).second) return refuse("it is subscribed to twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OpenedConsumer> OpenConsumer(const KafkaOptions& options,
                                            const ConsumerOptions& consumer, Runtime& runtime,
                                            std::shared_ptr<spdlog::logger> log,
                                            TopicMissing missing) {
  if (consumer.subscriptions.empty()) {
    return absl::InvalidArgumentError("kafka: a consumer without subscriptions");
  }
  if (absl::Status status = CheckSideQueues(consumer); !status.ok()) return status;
  auto core = std::make_shared<ConsumerCore>(options, consumer, runtime, std::move(log),
                                             std::move(missing));
  if (absl::Status status = core->Start(); !status.ok()) return status;
  return OpenedConsumer{std::make_unique<ConsumerHandle>(core), core};
}

}  // namespace omnibus::kafka
