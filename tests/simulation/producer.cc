#include "tests/simulation/producer.h"

#include <utility>

#include "tests/simulation/link.h"

namespace omnibus::simulation {
namespace {

class LinkedProducer final : public Producer {
 public:
  LinkedProducer(World& world, Process& process, std::size_t most, Ask ask)
      : world_(world),
        process_(process),
        most_(most),
        ask_(std::move(ask)),
        link_(world.NewLink(process, process.name() + ", producer", LinkPurpose::kPublish)),
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

  ~LinkedProducer() override { link_.Close(); }

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    if (closed_ || !process_.Step("publish")) return absl::FailedPreconditionError("closed");
    PendingPublishes::Publish* const publish =
        pending_.Add(message, deadline, most_, std::move(done));
    if (publish == nullptr) return absl::ResourceExhaustedError("simulated: the queue is full");
    world_.trace.Step(process_.name(), ": publishes #", publish->request.sequence, " to ",
                      publish->request.message->channel, " of key ", publish->request.message->key);
    if (link_.up()) Transmit(*publish);
    process_.Step("what follows a publish");
    return absl::OkStatus();
  }

  absl::Status Flush(absl::Time deadline) override {
    if (pending_.WaitUntilEmpty(deadline)) return absl::OkStatus();
    return absl::DeadlineExceededError("simulated: some have no outcome yet");
  }

  absl::Status Close(absl::Time deadline) override {
    closed_ = true;
    if (!pending_.WaitUntilEmpty(deadline)) {
      pending_.EndAll(
          absl::DeadlineExceededError("simulated: closed before the outcome was known"));
    }
    link_.Close();
    return absl::OkStatus();
  }

  LinkHealth Health() const override { return {link_.up(), "simulated"}; }

 private:
  void Transmit(PendingPublishes::Publish& publish) {
    publish.sent = true;
    link_.ToBroker([this, ask = ask_, &world = world_, &link = link_, session = link_.session(),
                    request = publish.request] {
      const absl::Status outcome = ask(request);
      const auto answer = [this, &link, session, sequence = request.sequence, outcome] {
        link.ToClient(session, [this, sequence, outcome] {
          if (process_.Step("hear of a confirm")) pending_.End(sequence, outcome);
        });
      };
      if (!world.dice.Chance(world.weather.late_confirm)) return answer();
      ++world.faults;
      world.loop.After(world.dice.Between(absl::Milliseconds(100), absl::Seconds(8)), answer);
    });
  }

  World& world_;
  Process& process_;
  const std::size_t most_;
  const Ask ask_;
  Link& link_;
  PendingPublishes pending_;
  bool closed_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Producer> MakeProducer(World& world, Process& process, std::size_t most, Ask ask) {
  return std::make_unique<LinkedProducer>(world, process, most, std::move(ask));
}

}  // namespace omnibus::simulation
