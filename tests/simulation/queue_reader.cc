#include <set>

#include "omnibus/queue_tools.h"
#include "tests/simulation/pending_events.h"
#include "tests/simulation/queue_broker.h"

namespace omnibus::simulation {
namespace {

// Reads a queue as nobody's: what it does not take goes back to its place when it ends.
class QueueReader final : public Consumer, public QueueTaker {
 public:
  QueueReader(QueueBroker& broker, Process& process, std::string_view queue)
      : broker_(broker),
        process_(process),
        queue_(queue),
        link_(broker.world().NewLink(process, process.name() + ", reader", LinkPurpose::kConsume)),
        events_(broker.world(), process) {
    Link::Ends ends;
    ends.up = [this] { Begin(); };
    ends.down = [this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) events_.Add(ConsumerEvent::Kind::kLost, epoch_, {0});
    };
    ends.gone = [&broker, &link = link_](std::uint64_t session) { broker.Gone(link, session); };
    link_.Open(std::move(ends));
  }

  ~QueueReader() override { link_.Close(); }

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    return events_.Wait(deadline, max_events, events, [](ConsumerEvent&) {});
  }
  void Interrupt() override { events_.Interrupt(); }
  std::size_t Settle(std::span<const DeliveryTag>) override { return 0; }
  void Release(std::uint64_t) override {}

  std::size_t Take(std::span<const DeliveryTag> tags) override {
    std::size_t dropped = 0;
    for (const DeliveryTag& tag : tags) {
      if (tag.epoch != epoch_ || !link_.up() || !process_.Step("take a dead letter")) {
        ++dropped;
        continue;
      }
      link_.ToBroker([&broker = broker_, channel = channel_, position = tag.position] {
        broker.Acknowledge(channel, position, /*multiple=*/false);
      });
    }
    return dropped;
  }

  absl::Status Close(absl::Time deadline) override {
    if (events_.closed()) return absl::OkStatus();
    events_.Close();
    const bool heard = link_.up() && process_.alive() && broker_.Leave(link_, process_, deadline);
    link_.Close();
    return heard ? absl::OkStatus() : absl::UnavailableError("queue: the connection was lost");
  }

  LinkHealth Health() const override { return {link_.up(), "simulated"}; }

 private:
  void Begin() {
    ++epoch_;
    QueueBroker::Channel channel;
    channel.queue = queue_;
    channel.link = &link_;
    channel.session = link_.session();
    channel.prefetch = 1000000;
    channel.deliver = [this, epoch = epoch_](const Record& record,
                                             const QueueBroker::Delivery& delivery) {
      if (epoch != epoch_) return;
      channel_ = delivery.channel;
      ConsumerEvent& event = events_.AddMessage();
      View(record, event.message);
      event.message.type = event.message.routing_key = record.type;
      event.message.id = record.id;
      event.message.correlation_id = record.correlation_id;
      event.message.tag = {epoch, 0, delivery.tag};
      event.message.redelivered = delivery.redelivered;
    };
    channel.cancelled = [this, epoch = epoch_] {
      if (epoch == epoch_) events_.Add(ConsumerEvent::Kind::kLost, epoch, {0});
    };
    events_.Add(ConsumerEvent::Kind::kAssigned, epoch_, {0});
    link_.ToBroker([&broker = broker_, channel] { broker.Consume(channel); });
  }

  QueueBroker& broker_;
  Process& process_;
  const std::string queue_;
  Link& link_;
  PendingEvents events_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::uint64_t epoch_ = 0;
  std::uint64_t channel_ = 0;
};

}  // namespace

std::unique_ptr<Consumer> OpenQueueReader(QueueBroker& broker, Process& process,
                                          std::string_view queue) {
  return std::make_unique<QueueReader>(broker, process, queue);
}

}  // namespace omnibus::simulation
