#include "omnibus/dead_letters.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bus/plan.h"
#include "bus/sender.h"
#include "dead/buried_message.h"
#include "dead/key_release.h"
#include "dead/outbox.h"
#include "dead/queue_walk.h"
#include "dead/removal.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus {
namespace {

using dead::DeadQueue;
using dead::Letter;
using dead::Next;
using dead::QueuePass;
using dead::RemovalKind;

constexpr absl::Duration kLeave = absl::Seconds(5);

// What may lie at the brokers: that of each consumer that a contract names, and, where it is open,
// of each service that there is.
std::vector<DeadQueue> QueuesOf(const Plan& plan) {
  std::vector<DeadQueue> queues;
  const auto add = [&](const EventType& type, const DomainName& domain, std::string_view module) {
    const ChannelPlan& channel = plan.ChannelOf(type);
    DeadQueue queue{.name = absl::StrCat(channel.name, ".", AbslView(module), ".dead"),
                    .transport = channel.transport,
                    .domain = std::string(domain.name),
                    .module = std::string(module),
                    .channel = channel.name,
                    .dialect = channel.dialect};
    if (std::none_of(queues.begin(), queues.end(),
                     [&](const DeadQueue& each) { return each.name == queue.name; })) {
      queues.push_back(std::move(queue));
    }
  };
  for (const EventType* type : plan.events) {
    for (std::string_view module : type->contract->consumers) {
      add(*type, *type->contract->domain, module);
    }
  }
  for (const EventType* type : plan.events) {
    if (!type->contract->open) continue;
    for (const EventType* other : plan.events) {
      const DomainName& domain = *other->contract->domain;
      for (std::string_view module : domain.services) add(*type, domain, module);
    }
  }
  return queues;
}

bool MayHold(const DeadQueue& queue, const DeadLetterFilter& filter) {
  DeadLetterFilter of_queue;
  of_queue.modules = filter.modules;
  of_queue.channels = filter.channels;
  BuriedMessage any;
  any.domain = queue.domain;
  any.module = queue.module;
  any.channel = queue.channel;
  return of_queue.Fits(any);
}

}  // namespace

class DeadLetters::Impl {
 public:
  Impl(DeadLettersOptions options, Plan plan)
      : options_(std::move(options)), plan_(std::move(plan)), queues_(QueuesOf(plan_)) {}

  ~Impl() {
    for (auto& [name, end] : ends_) {
      if (end.sender != nullptr) end.sender->Close(options_.runtime->Now() + kLeave).IgnoreError();
    }
  }

  absl::Status Browse(const DeadLetterFilter& filter,
                      absl::FunctionRef<bool(const BuriedMessage&)> visit) {
    constexpr std::size_t kBatch = 64;
    const dead::WalkOptions walk = MakeWalk();
    for (const DeadQueue& queue : queues_) {
      if (!MayHold(queue, filter) || walk.stop.stop_requested()) continue;
      absl::StatusOr<End*> end = EndOf(queue);
      if (!end.ok()) return end.status();
      std::set<Uuid> seen;  // a lost connection begins anew
      const auto each = [&](QueuePass& pass, std::span<Letter> letters) -> absl::StatusOr<Next> {
        Next next = Next::kGoOn;
        for (const Letter& letter : letters) {
          pass.Leave(letter.message.tag);
          if (next == Next::kEnough || !seen.insert(letter.buried.id).second) continue;
          if (!visit(letter.buried)) next = Next::kEnough;
        }
        return next;
      };
      const absl::StatusOr<Next> next = dead::WalkQueue(
          queue, *(*end)->transport,
          [&](const BuriedMessage& message) {
            return !dead::IsNote(message) && filter.Fits(message);
          },
          kBatch, walk, each);
      if (!next.ok()) return next.status();
      if (*next == Next::kEnough) break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<RemovalTally> Remove(RemovalKind kind, const DeadLetterFilter& filter,
                                      const RemovalOptions& options) {
    if (options.rate.has_value() && !(*options.rate > 0)) {
      return absl::InvalidArgumentError("the rate must be more than 0");
    }
    if (options.edited.has_value()) {
      if (absl::Status status = CheckIsOne(filter); !status.ok()) return status;
    }
    const dead::WalkOptions walk = MakeWalk();
    RemovalTally tally;
    for (const DeadQueue& queue : queues_) {
      if (!MayHold(queue, filter) || walk.stop.stop_requested()) continue;
      absl::StatusOr<End*> end = EndOf(queue);
      if (!end.ok()) return end.status();
      if (absl::Status status = OpenSender(**end); !status.ok()) return status;
      const absl::Status status = RemoveFrom(queue, **end, kind, filter, options, walk, tally);
      if (!status.ok()) {
        // What was done is worth telling; the error comes with it.
        if (tally.done == 0 && tally.failed == 0) return status;
        if (tally.first_error.ok()) tally.first_error = status;
        tally.stopped = true;
      }
      if (tally.stopped) break;
    }
    if (walk.stop.stop_requested()) tally.stopped = true;
    return tally;
  }

 private:
  // A transport, and what was opened of it.
  struct End {
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Sender> sender;  // destroyed before the transport
  };

  // What has to do with a parked key is left for the end: most queues hold nothing of that kind.
  absl::Status RemoveFrom(const DeadQueue& queue, End& end, RemovalKind kind,
                          const DeadLetterFilter& filter, const RemovalOptions& options,
                          const dead::WalkOptions& walk, RemovalTally& tally) {
    dead::Outbox outbox(*end.sender, options, walk);
    dead::Removal removal(kind, queue, end.transport->GetCapabilities(), outbox, options, walk,
                          tally);
    bool has_parked = false;
    const auto is_plain = [&](const BuriedMessage& message) {
      const bool is_parked = dead::IsOfParkedKey(message);
      has_parked = has_parked || is_parked;
      return !is_parked && filter.Fits(message);
    };
    const absl::StatusOr<Next> next = dead::WalkQueue(
        queue, *end.transport, is_plain, dead::BatchOf(options), walk,
        [&](QueuePass& pass, std::span<Letter> letters) { return removal.Visit(pass, letters); });
    if (!next.ok()) return next.status();
    if (!has_parked || tally.stopped || walk.stop.stop_requested()) return absl::OkStatus();
    dead::KeyRelease release(kind, queue, *end.transport, filter, outbox, options, walk, tally);
    return release.Run();
  }

  dead::WalkOptions MakeWalk() const {
    return {.events = plan_.events,
            .runtime = *options_.runtime,
            .log = *options_.log,
            .timeout = options_.timeout,
            .stop = options_.stop};
  }

  absl::StatusOr<End*> EndOf(const DeadQueue& queue) {
    End& end = ends_[queue.transport];
    if (end.transport == nullptr) {
      const TransportPlan& plan = plan_.transports.find(queue.transport)->second;
      absl::StatusOr<std::unique_ptr<Transport>> made =
          plan.plugin->make(plan.name, plan.options, *options_.runtime, options_.log);
      if (!made.ok()) return made.status();
      end.transport = *std::move(made);
    }
    return &end;
  }

  absl::Status OpenSender(End& end) {
    if (end.sender != nullptr) return absl::OkStatus();
    absl::StatusOr<std::unique_ptr<Producer>> producer = end.transport->OpenProducer();
    if (!producer.ok()) return producer.status();
    end.sender = std::make_unique<Sender>(*std::move(producer), *options_.runtime);
    return absl::OkStatus();
  }

  absl::Status CheckIsOne(const DeadLetterFilter& filter) {
    int count = 0;
    const absl::Status browsed = Browse(filter, [&](const BuriedMessage&) { return ++count < 2; });
    if (!browsed.ok() || count == 1) return browsed;
    return absl::FailedPreconditionError(
        absl::StrCat(count == 0 ? "no dead letter fits" : "more than one dead letter fits",
                     ": an edited message takes the place of exactly one"));
  }

  const DeadLettersOptions options_;
  const Plan plan_;
  const std::vector<DeadQueue> queues_;
  std::map<std::string, End> ends_;
};

DeadLetters::DeadLetters(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeadLetters::~DeadLetters() = default;

absl::StatusOr<std::unique_ptr<DeadLetters>> DeadLetters::Open(DeadLettersOptions options) {
  if (options.log == nullptr) options.log = spdlog::default_logger();
  absl::StatusOr<Plan> plan =
      MakePlan(options.configuration, options.transports, /*modules=*/{}, options.events);
  if (!plan.ok()) return plan.status();
  // The plan points to the plug-ins, which stay where they are when their list is moved.
  return std::unique_ptr<DeadLetters>(
      new DeadLetters(std::make_unique<Impl>(std::move(options), *std::move(plan))));
}

absl::Status DeadLetters::Browse(const DeadLetterFilter& filter,
                                 absl::FunctionRef<bool(const BuriedMessage&)> visit) {
  return impl_->Browse(filter, visit);
}

absl::StatusOr<RemovalTally> DeadLetters::Replay(const DeadLetterFilter& filter,
                                                 const RemovalOptions& options) {
  return impl_->Remove(RemovalKind::kReplay, filter, options);
}

absl::StatusOr<RemovalTally> DeadLetters::Purge(const DeadLetterFilter& filter,
                                                const RemovalOptions& options) {
  return impl_->Remove(RemovalKind::kPurge, filter, options);
}

}  // namespace omnibus
