#include "tests/domains/support/service_bench.h"

#include <algorithm>
#include <utility>

#include "omnibus/event_type.h"
#include "spdlog/logger.h"
#include "spdlog/spdlog.h"

namespace domain_testing {
namespace {

Sent MakeSent(const omnibus::EventType& type, const void* event,
              const omnibus::PublishOptions& options) {
  Sent sent = {std::string(type.contract->type), "", options};
  const absl::Status status = type.encode(event, omnibus::Naming::kSnake, sent.payload);
  if (!status.ok()) sent.payload = status.ToString();
  return sent;
}

}  // namespace

omnibus::Uuid Id(std::uint32_t number) { return omnibus::RandomUuid(0, number); }

std::string Line(const Sent& sent) { return sent.type + " " + sent.payload; }

std::vector<std::string> Lines(const std::vector<Sent>& sent) {
  std::vector<std::string> lines;
  for (const Sent& each : sent) lines.push_back(Line(each));
  return lines;
}

absl::Time BenchRuntime::WallTime() {
  absl::MutexLock lock(&mu_);
  return wall_time_;
}

void BenchRuntime::SetWallTime(absl::Time time) {
  absl::MutexLock lock(&mu_);
  wall_time_ = time;
}

class ServiceBench::BenchContext final : public omnibus::Context {
 public:
  BenchContext(omnibus::Metadata metadata, omnibus::Runtime& runtime)
      : metadata_(std::move(metadata)), runtime_(runtime) {}

  const omnibus::Metadata& metadata() const override { return metadata_; }
  int attempt() const override { return 1; }
  bool cancelled() const override { return false; }
  omnibus::Runtime& runtime() override { return runtime_; }
  absl::Status PublishEvent(const omnibus::EventType& type, const void* event,
                            const omnibus::PublishOptions& options) override {
    published_.push_back(MakeSent(type, event, options));
    return absl::OkStatus();
  }

  std::vector<Sent>& published() { return published_; }

 private:
  omnibus::Metadata metadata_;
  omnibus::Runtime& runtime_;
  std::vector<Sent> published_;
};

ServiceBench::ServiceBench(omnibus::Module& module) : module_(module) {
  module_.Describe(description_);
  started_ = module_.Start(*this);
}

ServiceBench::~ServiceBench() {
  if (started_.ok()) module_.Stop();
}

spdlog::logger& ServiceBench::log() { return *spdlog::default_logger(); }

omnibus::Uuid ServiceBench::NewKey() {
  return omnibus::RandomUuid(runtime_.Random(), runtime_.Random());
}

absl::Status ServiceBench::DeliverEvent(const omnibus::EventType& type, const void* event,
                                        const omnibus::Uuid& key) {
  omnibus::Metadata metadata;
  metadata.id = NewKey();
  metadata.type = std::string(type.contract->type);
  metadata.correlation_id = NewKey();
  metadata.idempotency_key = key;
  BenchContext context(std::move(metadata), runtime_);
  for (const omnibus::ModuleDescription::Handler& handler : description_.handlers()) {
    if (handler.type != &type) continue;
    const absl::Status status = handler.handle(event, context);
    if (!status.ok()) return status;
    absl::MutexLock lock(&mu_);
    std::move(context.published().begin(), context.published().end(), std::back_inserter(effects_));
    return absl::OkStatus();
  }
  return absl::UnimplementedError("the service does not handle it");
}

std::vector<Sent> ServiceBench::TakeEffects() {
  absl::MutexLock lock(&mu_);
  return std::exchange(effects_, {});
}

void ServiceBench::Answer(std::vector<absl::Status> outcomes) {
  absl::MutexLock lock(&mu_);
  answers_.assign(outcomes.begin(), outcomes.end());
}

std::vector<Sent> ServiceBench::TakeTries() {
  absl::MutexLock lock(&mu_);
  return std::exchange(tries_, {});
}

bool ServiceBench::WaitForTries(std::size_t count) {
  absl::MutexLock lock(&mu_);
  const auto enough = [this, count]()
                          ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return tries_.size() >= count; };
  return mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
}

absl::Status ServiceBench::RunTimersUntil(absl::Time time) {
  while (true) {
    std::optional<Timer> timer;
    {
      absl::MutexLock lock(&mu_);
      if (timers_.empty() || timers_.begin()->first > time) break;
      timer = timers_.extract(timers_.begin()).mapped();
    }
    BenchContext context(timer->metadata, runtime_);
    if (absl::Status status = timer->action(context); !status.ok()) return status;
    absl::MutexLock lock(&mu_);
    std::move(context.published().begin(), context.published().end(), std::back_inserter(effects_));
  }
  runtime_.SetWallTime(time);
  return absl::OkStatus();
}

absl::Status ServiceBench::PublishEvent(const omnibus::EventType& type, const void* event,
                                        const omnibus::PublishOptions& options) {
  absl::MutexLock lock(&mu_);
  tries_.push_back(MakeSent(type, event, options));
  if (answers_.empty()) return absl::OkStatus();
  const absl::Status answer = answers_.front();
  answers_.pop_front();
  return answer;
}

void ServiceBench::PublishEventAsync(const omnibus::EventType& type, const void* event,
                                     const omnibus::PublishOptions& options,
                                     omnibus::PublishCallback done) {
  done(PublishEvent(type, event, options));
}

void ServiceBench::Schedule(absl::Time when, std::string_view name, const omnibus::Context& context,
                            omnibus::TimerAction action) {
  absl::MutexLock lock(&mu_);
  timers_.emplace(when, Timer{std::string(name), context.metadata(), std::move(action)});
}

std::size_t ServiceBench::pending() const {
  absl::MutexLock lock(&mu_);
  return timers_.size();
}

}  // namespace domain_testing
