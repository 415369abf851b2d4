#include "transports/kafka/producer.h"

#include <utility>

#include "transports/kafka/producer_core.h"

namespace omnibus::kafka {
namespace {

class ProducerHandle final : public KafkaProducer {
 public:
  explicit ProducerHandle(std::shared_ptr<ProducerCore> core) : core_(std::move(core)) {}
  ~ProducerHandle() override {
    // No completion may run into what its owner destroys next.
    core_->Abandon();
  }

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    return core_->Send(message, deadline, std::move(done));
  }
  absl::Status Flush(absl::Time deadline) override { return core_->Flush(deadline); }
  absl::Status Close(absl::Time deadline) override { return core_->Close(deadline); }
  LinkHealth Health() const override { return core_->Health(); }
  void RaiseFatalErrorForTest() override { core_->RaiseFatalErrorForTest(); }

 private:
  const std::shared_ptr<ProducerCore> core_;
};

}  // namespace

absl::StatusOr<OpenedProducer> OpenProducer(const KafkaOptions& options, std::size_t max_body_bytes,
                                            Runtime& runtime, std::shared_ptr<spdlog::logger> log,
                                            TopicMissing missing) {
  auto core = std::make_shared<ProducerCore>(options, max_body_bytes, runtime, std::move(log),
                                             std::move(missing));
  if (absl::Status status = core->Start(); !status.ok()) return status;
  return OpenedProducer{std::make_unique<ProducerHandle>(core), core};
}

}  // namespace omnibus::kafka
