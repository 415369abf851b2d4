#include "transports/memory/producer.h"

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/memory/broker.h"
#include "transports/memory/utf8.h"

namespace omnibus::memory {
namespace {

absl::Status Refuse(const OutgoingMessage& message, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("memory: publish to ", AbslView(message.channel), ": ", AbslView(why)));
}

absl::Status CheckHeaders(const OutgoingMessage& message) {
  const std::span<const HeaderView> headers = message.headers;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].name.empty()) return Refuse(message, "a header without a name");
    if (!IsUtf8(headers[i].name)) return Refuse(message, "a header's name is no UTF-8");
    if (!IsUtf8(headers[i].value)) {
      return Refuse(message,
                    "the value of header " + std::string(headers[i].name) + " is no UTF-8");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (headers[j].name != headers[i].name) continue;
      return Refuse(message, "header " + std::string(headers[i].name) + " is there twice");
    }
  }
  return absl::OkStatus();
}

class MemoryProducer final : public Producer {
 public:
  MemoryProducer(std::shared_ptr<MemoryBroker> broker, std::size_t max_body_bytes, Runtime& runtime)
      : broker_(std::move(broker)),
        max_body_bytes_(max_body_bytes),
        runtime_(runtime),
        idle_(runtime.NewDoorbell()) {}

  // The outcome is known at once, so `done` is called before this returns; no lock is held then.
  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    (void)deadline;
    if (absl::Status status = Check(message); !status.ok()) return status;
    if (!Enter()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "memory: publish to ", AbslView(message.channel), ": the producer is closed"));
    }
    absl::Status status = Store(message);
    const bool full = absl::IsResourceExhausted(status);
    if (!full) std::move(done)(std::move(status));
    Exit();
    return full ? status : absl::OkStatus();
  }

  absl::Status Flush(absl::Time deadline) override {
    (void)deadline;  // what Send() has returned from has its outcome
    return absl::OkStatus();
  }

  absl::Status Close(absl::Time deadline) override {
    running_.fetch_or(kClosed);
    while (running_.load() != kClosed) {
      if (!idle_->Wait(deadline) && runtime_.Now() >= deadline && running_.load() != kClosed) {
        return absl::DeadlineExceededError(
            "memory: close: a publish still runs (its completion does not return)");
      }
    }
    idle_->Ring();  // for others who wait here
    return absl::OkStatus();
  }

  LinkHealth Health() const override {
    if ((running_.load() & kClosed) != 0) return {false, "memory: closed"};
    const Log* const full = full_.load(std::memory_order_acquire);
    if (full != nullptr && full->IsFull()) return {false, "memory: " + full->name() + " is full"};
    return {true, "memory: inside the process"};
  }

 private:
  static constexpr std::uint32_t kClosed = 1u << 31;

  absl::Status Check(const OutgoingMessage& message) const {
    if (message.channel.empty()) return Refuse(message, "no channel is named");
    if (message.body.size() > max_body_bytes_) {
      return Refuse(message, absl::StrCat("the body has ", message.body.size(),
                                          " bytes, and max_body_bytes is ", max_body_bytes_));
    }
    return CheckHeaders(message);
  }

  absl::Status Store(const OutgoingMessage& message) {
    Log* const log = broker_->FindLog(message.channel);
    if (log == nullptr) {
      return absl::NotFoundError(absl::StrCat("memory: publish to ", AbslView(message.channel),
                                              ": nobody has declared it"));
    }
    absl::Status status = log->Append(message);
    if (absl::IsResourceExhausted(status)) full_.store(log, std::memory_order_release);
    return status;
  }

  bool Enter() {
    if ((running_.fetch_add(1) & kClosed) == 0) return true;
    Exit();
    return false;
  }

  void Exit() {
    if (running_.fetch_sub(1) == kClosed + 1) idle_->Ring();
  }

  const std::shared_ptr<MemoryBroker> broker_;
  const std::size_t max_body_bytes_;
  Runtime& runtime_;
  const std::unique_ptr<Doorbell> idle_;
  std::atomic<const Log*> full_ = nullptr;  // the last one that had no room
  std::atomic<std::uint32_t> running_ = 0;  // calls of Send(), and kClosed
};

}  // namespace

std::unique_ptr<Producer> OpenMemoryProducer(std::shared_ptr<MemoryBroker> broker,
                                             std::size_t max_body_bytes, Runtime& runtime) {
  return std::make_unique<MemoryProducer>(std::move(broker), max_body_bytes, runtime);
}

}  // namespace omnibus::memory
