#include "omnibus/bus.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "bus/event_publisher.h"
#include "bus/handler_context.h"
#include "bus/links.h"
#include "bus/module_runner.h"
#include "bus/needs.h"
#include "bus/plan.h"
#include "bus/sync_publish.h"
#include "runtime/planted_bug.h"
#include "spdlog/spdlog.h"

namespace omnibus {
namespace {

// The part of closing's budget that handlers do not get: the brokers' last answers come then, for
// what the last handlers have done.
absl::Duration Farewell(absl::Duration budget) { return std::min(budget / 5, absl::Seconds(2)); }
// What that is at least, also when there was no budget, or none is left: a broker that is well
// needs no more, and one that is not must not delay us by the 100 ms that a call may be late.
constexpr absl::Duration kLastWord = absl::Milliseconds(60);

// A handler is told that its time is over a little before it is, so that it can end by itself.
absl::Duration Warning(absl::Duration budget) { return std::min(budget / 10, absl::Seconds(1)); }

constexpr absl::Duration kLookAgain = absl::Milliseconds(10);

}  // namespace

class Bus::Impl {
 public:
  Impl(BusOptions options, Plan plan)
      : options_(std::move(options)),
        plan_(std::move(plan)),
        publisher_(plan_, *options_.runtime, options_.observer),
        parts_{plan_,        *options_.runtime, publisher_,
               options_.log, options_.observer, options_.inbox} {}

  absl::Status Open();
  absl::Status Close(absl::Duration budget);
  absl::Status WaitUntilReady(absl::Duration timeout);
  Health GetHealth() const;

  EventPublisher& publisher() { return publisher_; }
  Runtime& runtime() { return *options_.runtime; }
  absl::Duration drain() const { return plan_.configuration.drain; }
  bool closed() const { return closed_; }
  // A handler has not returned: its thread still uses all this.
  bool stuck() const;

 private:
  absl::Status OpenModules();
  absl::Status DoClose(absl::Duration budget);
  absl::Status CloseTransports(absl::Time deadline);
  // Each takes as long as its broker lets it: none waits for another one. The first error.
  absl::Status AllAtOnce(const std::vector<std::function<absl::Status()>>& calls);
  absl::Status AwaitClose(absl::Duration budget);
  // Returns how many messages did not end.
  std::size_t Drain(absl::Time cancel_at, absl::Time deadline);

  const BusOptions options_;
  const Plan plan_;
  EventPublisher publisher_;           // before the senders, whose completions use it
  std::map<std::string, Link> links_;  // before all that sends and receives by them
  const BusParts parts_;
  std::vector<std::unique_ptr<ModuleRunner>> runners_;
  std::atomic<bool> closed_ = false;

  absl::Mutex mu_;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Status> close_status_ ABSL_GUARDED_BY(mu_);
  std::vector<Doorbell*> awaiting_close_ ABSL_GUARDED_BY(mu_);
};

absl::Status Bus::Impl::Open() {
  const Patience patience{runtime().Now() + options_.open_timeout, options_.stop};
  absl::StatusOr<std::map<std::string, Link>> links =
      OpenLinks(plan_, runtime(), options_.log, patience);
  if (!links.ok()) return links.status();
  links_ = *std::move(links);
  for (const auto& [name, link] : links_) {
    publisher_.AddTransport(name, link.sender.get(), link.transport->GetCapabilities());
  }
  return OpenModules();
}

absl::Status Bus::Impl::OpenModules() {
  for (const ModulePlan& module : plan_.modules) {
    auto& runner = runners_.emplace_back(std::make_unique<ModuleRunner>(module, parts_));
    for (const auto& [transport, planned] : module.consumers) {
      Link& link = links_[transport];
      const Capabilities capabilities = link.transport->GetCapabilities();
      const std::string_view kind = plan_.transports.find(transport)->second.plugin->kind;
      if (absl::Status needs = CheckNeeds(module, transport, kind, capabilities); !needs.ok()) {
        return needs;
      }
      ConsumerOptions consumer_options = planned;
      if (!capabilities.side_queues) {
        for (Subscription& each : consumer_options.subscriptions) each.queues.clear();
      }
      absl::StatusOr<std::unique_ptr<Consumer>> consumer =
          link.transport->OpenConsumer(consumer_options);
      if (!consumer.ok()) {
        return absl::Status(consumer.status().code(),
                            absl::StrCat("module ", runner->group(), ": transport ", transport,
                                         ": ", consumer.status().message()));
      }
      runner->AddIntake(transport, *std::move(consumer), link.sender.get(), capabilities);
    }
  }
  for (const auto& runner : runners_) {
    if (absl::Status status = runner->StartModule(); !status.ok()) return status;
  }
  for (const auto& runner : runners_) runner->StartReceiving();
  return absl::OkStatus();
}

absl::Status Bus::Impl::Close(absl::Duration budget) {
  bool is_first = false;
  {
    absl::MutexLock lock(&mu_);
    is_first = !std::exchange(closing_, true);
  }
  if (!is_first) return AwaitClose(budget);
  absl::Status status = DoClose(budget);
  absl::MutexLock lock(&mu_);
  for (Doorbell* waiter : awaiting_close_) waiter->Ring();
  return *(close_status_ = std::move(status));
}

// Somebody else closes it, or has: this caller has its own patience.
absl::Status Bus::Impl::AwaitClose(absl::Duration budget) {
  const absl::Time deadline = runtime().Now() + std::max(budget, kLastWord);
  const std::unique_ptr<Doorbell> doorbell = runtime().NewDoorbell();
  {
    absl::MutexLock lock(&mu_);
    if (close_status_.has_value()) return *close_status_;
    awaiting_close_.push_back(doorbell.get());
  }
  doorbell->Wait(deadline);
  absl::MutexLock lock(&mu_);
  std::erase(awaiting_close_, doorbell.get());
  if (close_status_.has_value()) return *close_status_;
  return absl::DeadlineExceededError(
      "the bus is being closed by somebody else, who gave it longer");
}

std::size_t Bus::Impl::Drain(absl::Time cancel_at, absl::Time deadline) {
  // All of them at once: else the last one would go on meanwhile, and have no time left.
  for (const auto& runner : runners_) runner->StartDrain();
  bool drained = true;
  for (const auto& runner : runners_) drained = runner->WaitUntilDrained(cancel_at) && drained;
  if (drained) return 0;
  for (const auto& runner : runners_) runner->Cancel();
  // A handler that waits for room in a queue looks at nothing else.
  for (const auto& [name, link] : links_) {
    if (link.sender != nullptr) link.sender->StopWaiting();
  }
  std::size_t unfinished = 0;
  for (const auto& runner : runners_) {
    (void)runner->WaitUntilDrained(deadline);
    unfinished += runner->unfinished();
  }
  return unfinished;
}

absl::Status Bus::Impl::DoClose(absl::Duration budget) {
  const absl::Time deadline = runtime().Now() + budget;
  const absl::Time handled_by = deadline - Farewell(budget);
  for (const auto& runner : runners_) runner->StopModule();
  for (const auto& runner : runners_) runner->StopReceiving();
  if (Planted(PlantedBug::kProducerClosedFirst)) {
    for (const auto& [name, link] : links_) link.sender->Close(runtime().Now()).IgnoreError();
  }
  const std::size_t unfinished = Drain(handled_by - Warning(budget), handled_by);
  closed_ = true;
  for (const auto& runner : runners_) runner->StopWorkers();

  absl::Status first = CloseTransports(std::max(deadline, runtime().Now() + kLastWord));
  if (unfinished > 0) {
    return absl::DeadlineExceededError(
        absl::StrCat("the bus is closed; ", unfinished,
                     " message(s) did not end in time, and will be delivered again"));
  }
  return first;
}

absl::Status Bus::Impl::CloseTransports(absl::Time deadline) {
  // Half of the time for each: a broker that does not answer its consumers must not take the time
  // of the producers, which may be another broker's.
  const absl::Time now = runtime().Now();
  std::vector<std::function<absl::Status()>> consumers;
  for (const auto& runner : runners_) {
    consumers.push_back(
        [&runner, by = now + (deadline - now) / 2] { return runner->CloseConsumers(by); });
  }
  std::vector<std::function<absl::Status()>> producers;
  for (const auto& [name, link] : links_) {
    if (link.sender == nullptr) continue;
    producers.push_back([sender = link.sender.get(), deadline] { return sender->Close(deadline); });
  }
  absl::Status first = AllAtOnce(consumers);
  absl::Status second = AllAtOnce(producers);
  return first.ok() ? second : first;
}

absl::Status Bus::Impl::AllAtOnce(const std::vector<std::function<absl::Status()>>& calls) {
  if (calls.empty()) return absl::OkStatus();
  std::vector<absl::Status> statuses(calls.size());
  std::vector<std::unique_ptr<Thread>> threads;
  for (std::size_t i = 1; i < calls.size(); ++i) {
    threads.push_back(runtime().Spawn("close", [&, i] { statuses[i] = calls[i](); }));
  }
  statuses[0] = calls[0]();
  for (const auto& thread : threads) thread->Join();
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

bool Bus::Impl::stuck() const {
  for (const auto& runner : runners_) {
    if (runner->stuck()) return true;
  }
  return false;
}

absl::Status Bus::Impl::WaitUntilReady(absl::Duration timeout) {
  const absl::Time deadline = runtime().Now() + timeout;
  while (true) {
    std::vector<Health::Part> parts;
    for (const auto& runner : runners_) runner->AddHealth(parts);
    std::vector<std::string> missing;
    for (const Health::Part& part : parts) {
      if (!part.link.healthy) missing.push_back(absl::StrCat(part.name, ": ", part.link.detail));
    }
    if (missing.empty()) return absl::OkStatus();
    if (options_.stop.stop_requested()) return absl::CancelledError("stopped while waiting");
    const absl::Time now = runtime().Now();
    if (now >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat("not ready: ", absl::StrJoin(missing, "; ")));
    }
    runtime().SleepUntil(std::min(deadline, now + kLookAgain));
  }
}

Health Bus::Impl::GetHealth() const {
  Health health;
  for (const auto& [name, link] : links_) {
    health.parts.push_back({absl::StrCat("publish ", name), link.sender->Health()});
  }
  for (const auto& runner : runners_) runner->AddHealth(health.parts);
  health.healthy = !closed_;
  for (const Health::Part& part : health.parts) {
    health.healthy = health.healthy && part.link.healthy;
  }
  return health;
}

Bus::Bus(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Bus::~Bus() {
  if (!impl_->closed()) (void)impl_->Close(absl::ZeroDuration());
  // The thread of a handler that never returns goes on using all of it: better that it stays than
  // that it is pulled away.
  if (impl_->stuck()) (void)impl_.release();
}

absl::StatusOr<std::unique_ptr<Bus>> Bus::Open(BusOptions options) {
  if (options.log == nullptr) options.log = spdlog::default_logger();
  if (options.inbox == nullptr) {
    options.inbox = [runtime = options.runtime](std::string_view, std::string_view) {
      return MakeMemoryInbox({}, *runtime);
    };
  }
  absl::StatusOr<Plan> plan =
      MakePlan(options.configuration, options.transports, options.modules, options.events);
  if (!plan.ok()) return plan.status();
  std::unique_ptr<Bus> bus(new Bus(std::make_unique<Impl>(std::move(options), *std::move(plan))));
  // A bus that opened in part closes what it has.
  if (absl::Status status = bus->impl_->Open(); !status.ok()) return status;
  return bus;
}

absl::Status Bus::PublishEvent(const EventType& type, const void* event,
                               const PublishOptions& options) {
  if (impl_->closed()) return absl::FailedPreconditionError("publish: the bus is closed");
  return PublishAndWait(impl_->publisher(), impl_->runtime(), type, event, options);
}

void Bus::PublishEventAsync(const EventType& type, const void* event, const PublishOptions& options,
                            PublishCallback done) {
  if (impl_->closed()) return done(absl::FailedPreconditionError("publish: the bus is closed"));
  impl_->publisher().Publish(type, event, options, nullptr, std::move(done));
}

absl::Status Bus::WaitUntilReady(absl::Duration timeout) { return impl_->WaitUntilReady(timeout); }

Health Bus::GetHealth() const { return impl_->GetHealth(); }

absl::Status Bus::Close(absl::Duration budget) {
  if (HandlerContext::InsideHandler()) {
    return absl::FailedPreconditionError(
        "a handler cannot close the bus: it would wait for itself; close it from another thread");
  }
  return impl_->Close(budget);
}

absl::Status Bus::Close() { return Close(impl_->drain()); }

}  // namespace omnibus
