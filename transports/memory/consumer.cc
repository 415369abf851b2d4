#include "transports/memory/consumer.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/memory/broker.h"

namespace omnibus::memory {
namespace {

class MemoryConsumer final : public Consumer {
 public:
  MemoryConsumer(std::shared_ptr<MemoryBroker> broker, std::string name, Runtime& runtime)
      : broker_(std::move(broker)),
        name_(std::move(name)),
        runtime_(runtime),
        bell_(runtime.NewDoorbell()),
        member_(*bell_) {}

  ~MemoryConsumer() override { Leave(); }

  absl::Status JoinGroup(Group& group, const std::vector<Group::Seat>& seats, StartFrom start_from,
                         absl::Duration release_timeout) {
    group_ = &group;
    return group.Join(member_, seats, start_from, release_timeout, runtime_.Now());
  }

  void ReadAlong(const std::vector<Log*>& logs, StartFrom start_from) {
    {
      absl::MutexLock lock(&leave_mu_);
      logs_ = logs;
    }
    for (Log* const log : logs) {
      std::vector<Member::Grant> grants(log->partitions());
      for (std::size_t i = 0; i < grants.size(); ++i) {
        grants[i].log = log;
        grants[i].partition = i;
        grants[i].from.position = start_from == StartFrom::kLatest ? log->End(i) : log->Begin(i);
      }
      member_.Assign(++epoch_, grants);
    }
  }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    while (true) {
      if (closed_.load()) return Closed("wait");
      if (group_ != nullptr && group_->next_expiry() <= deadline) group_->Expire(runtime_.Now());
      const bool any = member_.Collect(max_events, events) > 0;
      if (interrupted_.exchange(false) || any || max_events == 0) return absl::OkStatus();

      absl::Time until = deadline;
      if (group_ != nullptr) until = std::min(until, group_->next_expiry());
      if (!bell_->Wait(until) && until == deadline) return absl::OkStatus();
    }
  }

  void Interrupt() override {
    interrupted_.store(true);
    bell_->Ring();
  }

  std::size_t Settle(std::span<const DeliveryTag> tags) override { return member_.Settle(tags); }

  void Release(std::uint64_t epoch) override {
    if (group_ != nullptr) group_->Release(member_, epoch, runtime_.Now());
  }

  absl::Status Close(absl::Time deadline) override {
    (void)deadline;  // it waits for nobody
    Leave();
    return absl::OkStatus();
  }

  LinkHealth Health() const override {
    if (closed_.load()) return {false, "memory: closed"};
    return {true, absl::StrCat("memory: ", name_, ", ", member_.partitions(), " partitions")};
  }

 private:
  static absl::Status Closed(absl::string_view action) {
    return absl::FailedPreconditionError(
        absl::StrCat("memory: ", action, ": the consumer is closed"));
  }

  void Leave() {
    closed_.store(true);
    if (group_ != nullptr) {
      group_->Leave(member_, runtime_.Now());
    } else {
      absl::MutexLock lock(&leave_mu_);
      for (Log* const log : logs_) {
        for (std::size_t i = 0; i < log->partitions(); ++i) member_.Take(*log, i);
      }
      logs_.clear();
    }
    bell_->Ring();
  }

  const std::shared_ptr<MemoryBroker> broker_;  // keeps logs and group alive
  const std::string name_;
  Runtime& runtime_;
  const std::unique_ptr<Doorbell> bell_;
  Group* group_ = nullptr;   // null: nobody's; set once, before anybody else has the consumer
  std::uint64_t epoch_ = 0;  // of nobody's reader; likewise
  Member member_;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> interrupted_ = false;
  absl::Mutex leave_mu_;
  std::vector<Log*> logs_ ABSL_GUARDED_BY(leave_mu_);  // of nobody's reader
};

absl::Status CheckSideQueues(const ConsumerOptions& options) {
  std::vector<std::string_view> names;
  for (const Subscription& subscription : options.subscriptions) {
    names.push_back(subscription.channel);
  }
  const auto refuse = [](std::string_view queue, absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("memory: subscribe to side queue ", AbslView(queue), ": ", why));
  };
  for (const Subscription& subscription : options.subscriptions) {
    for (const std::string& queue : subscription.queues) {
      if (options.module.empty()) return refuse(queue, "only a group has side queues");
      if (subscription.destination != Destination::kChannel) {
        return refuse(queue, subscription.channel + " is a queue itself");
      }
      if (std::find(names.begin(), names.end(), queue) != names.end()) {
        return refuse(queue, "it is subscribed to twice");
      }
      names.push_back(queue);
    }
  }
  return absl::OkStatus();
}

// Appends the group's side queues of the channel that `seat` reads.
absl::Status FindSides(const MemoryBroker& broker, const ConsumerOptions& options,
                       std::string_view group, Group::Seat& seat) {
  for (const Subscription& subscription : options.subscriptions) {
    if (subscription.channel != seat.log->name()) continue;
    for (const std::string& queue : subscription.queues) {
      Log* const log = broker.FindLog(queue);
      if (log == nullptr) {
        return absl::NotFoundError(absl::StrCat("memory: subscribe to side queue ", queue, " of ",
                                                subscription.channel, ": nobody has declared it"));
      }
      if (log->partitions() != seat.log->partitions()) {
        return absl::FailedPreconditionError(
            absl::StrCat("memory: subscribe to side queue ", queue, ": it has ", log->partitions(),
                         " partitions, and ", subscription.channel, " has ", seat.log->partitions(),
                         ": declare it as a queue of the group, and as nothing else"));
      }
      seat.sides.push_back({log, &log->GetCursor(group, {})});
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Consumer>> OpenMemoryConsumer(std::shared_ptr<MemoryBroker> broker,
                                                             const ConsumerOptions& options,
                                                             absl::Duration release_timeout,
                                                             Runtime& runtime) {
  if (options.subscriptions.empty()) {
    return absl::InvalidArgumentError("memory: subscribe: no channel is named");
  }
  if (absl::Status status = CheckSideQueues(options); !status.ok()) return status;
  const bool nobody = options.module.empty();
  const std::string name = nobody ? "nobody's" : GroupName(options.domain, options.module);
  std::vector<Log*> logs;
  for (const Subscription& subscription : options.subscriptions) {
    Log* const log = broker->FindLog(subscription.channel);
    if (log == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("memory: subscribe to ", subscription.channel, ": nobody has declared it"));
    }
    if (std::find(logs.begin(), logs.end(), log) == logs.end()) logs.push_back(log);
  }

  auto consumer =
      std::make_unique<MemoryConsumer>(broker, nobody ? name : "group " + name, runtime);
  if (nobody) {
    if (options.start_from == StartFrom::kError) {
      return absl::FailedPreconditionError(
          "memory: subscribe: a reader without a group is always new, and start_from is error");
    }
    consumer->ReadAlong(logs, options.start_from);
    return consumer;
  }
  std::vector<Group::Seat> seats;
  for (Log* const log : logs) {
    std::vector<std::string> types;
    for (const Subscription& subscription : options.subscriptions) {
      if (subscription.channel != log->name()) continue;
      types.insert(types.end(), subscription.types.begin(), subscription.types.end());
    }
    Group::Seat& seat = seats.emplace_back();
    seat.log = log;
    seat.cursor = &log->GetCursor(name, types);
    if (absl::Status status = FindSides(*broker, options, name, seat); !status.ok()) return status;
  }
  absl::Status status =
      consumer->JoinGroup(broker->GetGroup(name), seats, options.start_from, release_timeout);
  if (!status.ok()) return status;
  return consumer;
}

}  // namespace omnibus::memory
