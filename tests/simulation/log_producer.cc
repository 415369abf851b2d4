#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/log_clients.h"
#include "tests/simulation/pending_publishes.h"

namespace omnibus::simulation {
namespace {

// Idempotent, as Kafka's: what was not answered is sent again on the next connection, in order, and
// the broker knows it by its number.
class LogProducer final : public Producer {
 public:
  LogProducer(LogBroker& broker, Process& process, const LogOptions& options)
      : broker_(broker),
        world_(broker.world()),
        process_(process),
        options_(options),
        number_(world_.dice.Next()),
        link_(world_.NewLink(process, process.name() + ", producer")),
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

  ~LogProducer() override { link_.Close(); }

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    if (closed_ || !process_.Step("publish")) return absl::FailedPreconditionError("closed");
    PendingPublishes::Publish* const publish =
        pending_.Add(message, deadline, options_.queue, std::move(done));
    if (publish == nullptr) return absl::ResourceExhaustedError("log: the queue is full");
    world_.trace.Step(process_.name(), ": publishes #", publish->sequence, " to ",
                      publish->message->channel, " of key ", publish->message->key);
    if (link_.up()) Transmit(*publish);
    process_.Step("what follows a publish");
    return absl::OkStatus();
  }

  absl::Status Flush(absl::Time deadline) override {
    if (pending_.WaitUntilEmpty(deadline)) return absl::OkStatus();
    return absl::DeadlineExceededError("log: some have no outcome yet");
  }

  absl::Status Close(absl::Time deadline) override {
    closed_ = true;
    if (!pending_.WaitUntilEmpty(deadline)) {
      pending_.EndAll(absl::DeadlineExceededError("log: closed before the outcome was known"));
    }
    link_.Close();
    return absl::OkStatus();
  }

  LinkHealth Health() const override { return {link_.up(), "log: simulated"}; }

 private:
  void Transmit(PendingPublishes::Publish& publish) {
    publish.sent = true;
    link_.ToBroker([this, &broker = broker_, &link = link_, session = link_.session(),
                    number = number_, sequence = publish.sequence, message = publish.message] {
      World& world = broker.world();
      const absl::Status outcome = broker.Produce(number, sequence, *message);
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

  LogBroker& broker_;
  World& world_;
  Process& process_;
  const LogOptions options_;
  const std::uint64_t number_;
  Link& link_;
  PendingPublishes pending_;
  bool closed_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Producer> OpenLogProducer(LogBroker& broker, Process& process,
                                          const LogOptions& options) {
  return std::make_unique<LogProducer>(broker, process, options);
}

}  // namespace omnibus::simulation
