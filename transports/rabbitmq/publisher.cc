#include "transports/rabbitmq/publisher.h"

#include <utility>

#include "transports/rabbitmq/close_once.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/link.h"
#include "transports/rabbitmq/publisher_link.h"
#include "transports/rabbitmq/send_queue.h"

namespace omnibus::rabbitmq {
namespace {

class Publisher final : public Producer {
 public:
  Publisher(const ConnectionSettings& settings, const DeclaredTopology& topology,
            std::shared_ptr<spdlog::logger> logger)
      : settings_(settings),
        queue_(settings.runtime, static_cast<std::size_t>(settings.options.publisher.queue),
               settings.options.publisher.queue_bytes),
        session_(settings, topology, logger, queue_),
        link_(settings, "publisher", std::move(logger), session_) {}

  ~Publisher() override { Close(absl::InfinitePast()).IgnoreError(); }

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    PublishRecordPtr record = queue_.NewRecord();
    absl::Status status = record->Fill(message, settings_.options.max_body_bytes);
    bool wake = false;
    if (status.ok()) {
      record->deadline = deadline;
      record->done = std::move(done);
      status = queue_.Push(record, wake);
    }
    if (!status.ok()) {
      record->done = nullptr;
      queue_.Return(std::move(record));
      return status;
    }
    if (wake) link_.Wake();
    return status;
  }

  absl::Status Flush(absl::Time deadline) override {
    if (queue_.AwaitOutcomes(deadline)) return absl::OkStatus();
    return Error(absl::StatusCode::kDeadlineExceeded, "flush", "some messages have no outcome yet");
  }

  absl::Status Close(absl::Time deadline) override {
    queue_.Close();
    return close_.Run(settings_.runtime, deadline, [&] {
      const bool in_time = queue_.AwaitOutcomes(deadline);
      link_.Stop(deadline);  // completes what is left as unknown
      if (in_time) return absl::OkStatus();
      return Error(absl::StatusCode::kDeadlineExceeded, "close",
                   "some messages had no outcome yet; they were completed as unknown");
    });
  }

  LinkHealth Health() const override { return session_.GetHealth(); }

 private:
  const ConnectionSettings& settings_;
  SendQueue queue_;
  PublisherLink session_;
  CloseOnce close_;
  Link link_;
};

}  // namespace

std::unique_ptr<Producer> MakePublisher(const ConnectionSettings& settings,
                                        const DeclaredTopology& topology,
                                        std::shared_ptr<spdlog::logger> logger) {
  return std::make_unique<Publisher>(settings, topology, std::move(logger));
}

}  // namespace omnibus::rabbitmq
