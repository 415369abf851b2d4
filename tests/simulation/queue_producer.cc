#include <utility>

#include "tests/simulation/pending_publishes.h"
#include "tests/simulation/queue_broker.h"

namespace omnibus::simulation {
namespace {

// What was written and not confirmed is written again on the next connection, and may be there
// twice then.
class QueueProducer final : public Producer {
 public:
  QueueProducer(QueueBroker& broker, Process& process, std::size_t queue)
      : broker_(broker),
        world_(broker.world()),
        process_(process),
        queue_(queue),
        link_(world_.NewLink(process, process.name() + ", publisher")),
        pending_(world_, process) {
    Link::Ends ends;
    ends.up = [this] {
      for (const auto& publish : pending_.all()) Transmit(*publish);
    };
    ends.down = [this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired() && !process_.alive()) pending_.EndAll(absl::UnavailableError("killed"));
    };
    link_.Open(std::move(ends));
  }

  ~QueueProducer() override { link_.Close(); }

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    if (closed_ || !process_.Step("publish")) return absl::FailedPreconditionError("closed");
    PendingPublishes::Publish* const publish =
        pending_.Add(message, deadline, queue_, std::move(done));
    if (publish == nullptr) return absl::ResourceExhaustedError("queue: the queue is full");
    world_.trace.Step(process_.name(), ": publishes #", publish->sequence, " to ",
                      publish->message->channel, " of key ", publish->message->key);
    if (link_.up()) Transmit(*publish);
    process_.Step("what follows a publish");
    return absl::OkStatus();
  }

  absl::Status Flush(absl::Time deadline) override {
    if (pending_.WaitUntilEmpty(deadline)) return absl::OkStatus();
    return absl::DeadlineExceededError("queue: some have no outcome yet");
  }

  absl::Status Close(absl::Time deadline) override {
    closed_ = true;
    if (!pending_.WaitUntilEmpty(deadline)) {
      pending_.EndAll(absl::DeadlineExceededError("queue: closed before the outcome was known"));
    }
    link_.Close();
    return absl::OkStatus();
  }

  LinkHealth Health() const override { return {link_.up(), "queue: simulated"}; }

 private:
  void Transmit(PendingPublishes::Publish& publish) {
    publish.sent = true;
    link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(),
                    sequence = publish.sequence, message = publish.message,
                    to_queue = publish.to_queue, mandatory = publish.mandatory] {
      World& world = broker.world();
      const absl::Status outcome = broker.Publish(*message, to_queue, mandatory);
      const auto answer = [this, &link, session, sequence, outcome] {
        link.ToClient(session, [this, sequence, outcome] {
          if (process_.Step("hear of a confirm")) pending_.End(sequence, outcome);
        });
      };
      if (!world.dice.Chance(world.weather.late_confirm)) return answer();
      ++world.faults;
      world.loop.After(world.dice.Between(absl::Milliseconds(100), absl::Seconds(8)), answer);
    });
  }

  QueueBroker& broker_;
  World& world_;
  Process& process_;
  const std::size_t queue_;
  Link& link_;
  PendingPublishes pending_;
  bool closed_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Producer> OpenQueueProducer(QueueBroker& broker, Process& process,
                                            std::size_t queue) {
  return std::make_unique<QueueProducer>(broker, process, queue);
}

}  // namespace omnibus::simulation
