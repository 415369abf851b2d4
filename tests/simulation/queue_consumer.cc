#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/planted_bug.h"
#include "tests/simulation/pending_events.h"
#include "tests/simulation/queue_broker.h"

namespace omnibus::simulation {
namespace {

// One connection, and on it a channel for each queue. An epoch is one connection, up to the first
// of its consumers that is cancelled.
class QueueConsumer final : public Consumer {
 public:
  QueueConsumer(QueueBroker& broker, Process& process, std::size_t prefetch,
                const ConsumerOptions& options)
      : broker_(broker),
        world_(broker.world()),
        process_(process),
        group_(absl::StrCat(options.domain, ".", options.module)),
        link_(world_.NewLink(process, absl::StrCat(process.name(), ", consumer of ", group_),
                             LinkPurpose::kConsume)),
        events_(world_, process) {
    for (const Subscription& subscription : options.subscriptions) {
      const std::size_t main = queues_.size();
      queues_.push_back(
          MakeQueue(absl::StrCat(subscription.channel, ".", options.module), prefetch, main));
      for (const std::string& side : subscription.queues) {
        queues_[main].sides.push_back(queues_.size());
        queues_.push_back(MakeQueue(side, options.queue_window, main));
      }
    }
    Link::Ends ends;
    ends.up = [this] { Begin(); };
    ends.down = [this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) Lose();
    };
    ends.gone = [&broker, &link = link_](std::uint64_t session) { broker.Gone(link, session); };
    link_.Open(std::move(ends));
  }

  ~QueueConsumer() override { link_.Close(); }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    return events_.Wait(deadline, max_events, events,
                        [this](ConsumerEvent& event) { HandOut(event); });
  }

  void Interrupt() override { events_.Interrupt(); }

  std::size_t Settle(std::span<const DeliveryTag> tags) override {
    if (!process_.Step("settle")) return tags.size();
    std::size_t dropped = 0;
    for (const DeliveryTag& tag : tags) {
      const auto record = delivered_.find({tag.epoch, tag.source, tag.position});
      Queue& queue = queues_[tag.source];
      const bool accepted =
          tag.epoch == epoch_ && active_ && queue.unsettled.erase(tag.position) > 0;
      if (record != delivered_.end()) {
        world_.trace.Step(process_.name(), ": settles ", record->second->name,
                          accepted ? "" : ", too late");
        // What the broker has taken back already, unheard of here, it will not be told.
        const bool stands = accepted && broker_.Holds(queue.channel, tag.position);
        broker_.witness().OnSettled(group_, MemberName(tag.epoch), *record->second, stands);
      }
      if (!accepted) {
        ++dropped;
        continue;
      }
      link_.ToBroker([&broker = broker_, channel = queue.channel, position = tag.position] {
        broker.Acknowledge(channel, position, Planted(PlantedBug::kMultipleAcknowledgement));
      });
    }
    process_.Step("what follows a settle");
    return dropped;
  }

  void Release(std::uint64_t) override {}  // nothing is ever revoked

  absl::Status Close(absl::Time deadline) override {
    if (closed()) return absl::OkStatus();
    events_.Close();
    const bool heard =
        process_.Step("leave the group") && link_.up() && broker_.Leave(link_, process_, deadline);
    link_.Close();
    if (heard || !process_.alive()) return absl::OkStatus();
    return absl::DeadlineExceededError("queue: the broker does not answer");
  }

  LinkHealth Health() const override { return {link_.up() && active_ && !closed(), "simulated"}; }

 private:
  bool closed() const { return events_.closed(); }

  struct Queue {
    std::string name;
    std::size_t prefetch = 1;
    std::size_t main = 0;            // itself, or the channel's that it is a side of
    std::vector<std::size_t> sides;  // of a channel's
    std::uint64_t channel = 0;
    std::size_t awaited = 0;  // of a channel's: sides that have not shown what they hold
    std::set<std::int64_t> unsettled = {};
  };
  static Queue MakeQueue(std::string name, std::size_t prefetch, std::size_t main) {
    Queue queue;
    queue.name = std::move(name);
    queue.prefetch = prefetch;
    queue.main = main;
    return queue;
  }

  using Tag = std::tuple<std::uint64_t, std::uint32_t, std::int64_t>;

  std::string MemberName(std::uint64_t epoch) const {
    return absl::StrCat(link_.name(), "#", epoch);
  }

  std::vector<std::uint32_t> AllSources() const {
    std::vector<std::uint32_t> sources(queues_.size());
    std::iota(sources.begin(), sources.end(), 0);
    return sources;
  }

  void Begin() {
    if (closed() || !process_.alive()) return;
    Lose();
    ++epoch_;
    active_ = true;
    events_.Add(ConsumerEvent::Kind::kAssigned, epoch_, AllSources());
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      if (queues_[i].main != i) continue;
      queues_[i].awaited = queues_[i].sides.size();
      for (const std::size_t side : queues_[i].sides) Consume(side);
      if (queues_[i].sides.empty()) Consume(i);
    }
  }

  void Consume(std::size_t index) {
    QueueBroker::Channel channel;
    channel.queue = queues_[index].name;
    channel.link = &link_;
    channel.session = link_.session();
    channel.prefetch = queues_[index].prefetch;
    const std::uint64_t epoch = epoch_;
    channel.deliver = [this, index, epoch](const Record& record,
                                           const QueueBroker::Delivery& delivery) {
      Receive(index, epoch, record, delivery);
    };
    channel.cancelled = [this, epoch] {
      if (epoch != epoch_) return;
      // What was asked for on the old channels may have come after they were gone.
      link_.ToBroker([&broker = broker_, &link = link_, session = link_.session()] {
        broker.Gone(link, session);
      });
      Begin();
    };
    link_.ToBroker([this, &broker = broker_, channel, index, epoch] {
      broker.Consume(channel);
      // Behind what it is given at once.
      channel.link->ToClient(channel.session, [this, index, epoch] {
        if (epoch != epoch_ || !active_) return;
        const std::size_t main = queues_[index].main;
        if (main == index) return;
        events_.Add(ConsumerEvent::Kind::kCaughtUp, epoch, {static_cast<std::uint32_t>(index)});
        if (--queues_[main].awaited == 0) Consume(main);
      });
    });
  }

  void Receive(std::size_t index, std::uint64_t epoch, const Record& record,
               const QueueBroker::Delivery& delivery) {
    if (closed() || epoch != epoch_ || !active_) return;
    queues_[index].channel = delivery.channel;
    const std::int64_t tag = delivery.tag;
    ConsumerEvent& event = events_.AddMessage();
    View(record, event.message);
    event.message.routing_key = record.type;
    event.message.type = record.type;
    event.message.id = record.id;
    event.message.correlation_id = record.correlation_id;
    event.message.tag = {epoch, static_cast<std::uint32_t>(index), tag};
    event.message.redelivered = delivery.redelivered;
    delivered_[{epoch, static_cast<std::uint32_t>(index), tag}] = &record;
  }

  void HandOut(ConsumerEvent& event) {
    const DeliveryTag& tag = event.message.tag;
    const Record& record = *delivered_.at({tag.epoch, tag.source, tag.position});
    queues_[tag.source].unsettled.insert(tag.position);
    world_.trace.Step(process_.name(), ": receives ", record.name);
    if (!broker_.Holds(queues_[tag.source].channel, tag.position)) return;
    broker_.witness().OnDelivered(group_, MemberName(tag.epoch), record);
  }

  void Lose() {
    if (!active_) return;
    active_ = false;
    events_.Drop([](const DeliveryTag&) { return true; });
    for (Queue& queue : queues_) queue.unsettled.clear();
    events_.Add(ConsumerEvent::Kind::kLost, epoch_, AllSources());
    world_.trace.Step(process_.name(), ": has lost its consumers");
  }

  QueueBroker& broker_;
  World& world_;
  Process& process_;
  const std::string group_;
  Link& link_;
  PendingEvents events_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::vector<Queue> queues_;  // by DeliveryTag::source
  std::uint64_t epoch_ = 0;
  bool active_ = false;
  std::map<Tag, const Record*> delivered_;
};

}  // namespace

std::unique_ptr<Consumer> OpenQueueConsumer(QueueBroker& broker, Process& process,
                                            std::size_t prefetch, const ConsumerOptions& options) {
  return std::make_unique<QueueConsumer>(broker, process, prefetch, options);
}

}  // namespace omnibus::simulation
