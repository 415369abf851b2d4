#include "transport_testing/tap.h"

#include <functional>
#include <map>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/queue_tools.h"
#include "transport_testing/member.h"

namespace omnibus::transport_testing {
namespace {

using Kind = Tape::Event::Kind;

// What one thread sends is in its order.
std::string ThisThread() {
  return absl::StrCat(std::hash<std::thread::id>()(std::this_thread::get_id()));
}

class TapProducer final : public Producer {
 public:
  TapProducer(std::unique_ptr<Producer> inner, std::string space, std::shared_ptr<Tape> tape)
      : space_(std::move(space)), tape_(std::move(tape)), inner_(std::move(inner)) {}

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done) override {
    if (message.destination == Destination::kQueue && tape_->refuse_queues) {
      std::move(done)(absl::UnavailableError("kit: the queue takes nothing now"));
      return absl::OkStatus();
    }
    const std::string id = tape_->NextId();
    const std::string channel = space_ + std::string(message.channel);
    std::vector<HeaderView> headers(message.headers.begin(), message.headers.end());
    headers.push_back({kIdHeader, id});
    OutgoingMessage tapped = message;
    tapped.channel = channel;
    tapped.headers = headers;

    Tape::Event sent;
    sent.channel = message.channel;
    sent.id = id;
    sent.body = message.body;
    for (const HeaderView& header : message.headers) {
      sent.headers.emplace_back(header.name, header.value);
    }
    tape_->history().Published(message.channel, id, message.key, ThisThread());
    Tape::Event outcome = sent;
    tape_->Note(std::move(sent));
    outcome.kind = Kind::kOutcome;
    absl::Status status = inner_->Send(tapped, deadline,
                                       [tape = tape_, id, outcome = std::move(outcome),
                                        done = std::move(done)](absl::Status result) mutable {
                                         tape->history().Outcome(id, result);
                                         outcome.outcome = result;
                                         tape->Note(std::move(outcome));
                                         std::move(done)(std::move(result));
                                       });
    if (!status.ok()) tape_->history().Refused(id);
    return status;
  }

  absl::Status Flush(absl::Time deadline) override { return inner_->Flush(deadline); }
  absl::Status Close(absl::Time deadline) override { return inner_->Close(deadline); }
  LinkHealth Health() const override { return inner_->Health(); }

 private:
  const std::string space_;
  const std::shared_ptr<Tape> tape_;
  const std::unique_ptr<Producer> inner_;
};

class TapConsumer : public Consumer {
 public:
  TapConsumer(std::unique_ptr<Consumer> inner, std::string group, std::size_t space,
              std::shared_ptr<Tape> tape)
      : space_(space),
        group_(std::move(group)),
        tape_(std::move(tape)),
        member_(tape_->NextMember(group_)),
        inner_(std::move(inner)) {}

  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events) override {
    const std::size_t before = events.size();
    absl::Status status = inner_->Wait(deadline, max_events, events);
    for (std::size_t i = before; i < events.size(); ++i) Take(events[i]);
    return status;
  }

  void Interrupt() override { inner_->Interrupt(); }

  std::size_t Settle(std::span<const DeliveryTag> tags) override {
    std::size_t all_dropped = 0;
    // One by one, so that it is known which were dropped.
    for (const DeliveryTag& tag : tags) {
      const std::size_t dropped = inner_->Settle({&tag, 1});
      all_dropped += dropped;
      Tape::Event settled;
      settled.kind = Kind::kSettled;
      settled.dropped = dropped > 0;
      {
        absl::MutexLock lock(&mu_);
        const auto found = handed_out_.find(Place(tag));
        if (found == handed_out_.end()) continue;
        settled.channel = found->second.channel;
        settled.id = found->second.id;
        settled.body = found->second.body;
      }
      tape_->history().Settled(group_, member_, settled.id, dropped == 0);
      tape_->Note(std::move(settled));
    }
    return all_dropped;
  }

  void Release(std::uint64_t epoch) override {
    inner_->Release(epoch);
    tape_->history().Told(group_, member_);
  }

  absl::Status Close(absl::Time deadline) override {
    absl::Status status = inner_->Close(deadline);
    if (status.ok()) tape_->history().Told(group_, member_);
    return status;
  }

  LinkHealth Health() const override { return inner_->Health(); }

 private:
  using Position = std::tuple<std::uint64_t, std::uint32_t, std::int64_t>;
  struct HandedOut {
    std::string channel;
    std::string id;
    std::string body;
  };

  static Position Place(const DeliveryTag& tag) { return {tag.epoch, tag.source, tag.position}; }

  void Take(ConsumerEvent& event) {
    Tape::Event taken;
    switch (event.kind) {
      case ConsumerEvent::Kind::kAssigned:
        taken.kind = Kind::kAssigned;
        return tape_->Note(std::move(taken));
      case ConsumerEvent::Kind::kRevoked:
        taken.kind = Kind::kRevoked;
        return tape_->Note(std::move(taken));
      case ConsumerEvent::Kind::kLost:
        taken.kind = Kind::kLost;
        return tape_->Note(std::move(taken));
      case ConsumerEvent::Kind::kCaughtUp:
        return;
      case ConsumerEvent::Kind::kMessage:
        break;
    }
    ReceivedMessage& message = event.message;
    message.channel.remove_prefix(std::min(space_, message.channel.size()));
    taken.kind = Kind::kDelivered;
    taken.channel = message.channel;
    taken.body = message.body;
    taken.partition = message.partition;
    taken.offset = message.offset;
    // The bus must not see it: it would copy it to a dead letter.
    absl::InlinedVector<HeaderView, 4> headers;
    for (const HeaderView& header : message.headers) {
      if (header.name == kIdHeader) {
        taken.id = header.value;
      } else {
        headers.push_back(header);
        taken.headers.emplace_back(header.name, header.value);
      }
    }
    message.headers = std::move(headers);
    {
      absl::MutexLock lock(&mu_);
      handed_out_[Place(message.tag)] = {taken.channel, taken.id, taken.body};
    }
    tape_->history().Delivered(group_, member_, taken.channel, taken.id);
    tape_->Note(std::move(taken));
  }

  const std::size_t space_;  // the length of the prefix
  const std::string group_;
  const std::shared_ptr<Tape> tape_;
  const std::string member_;
  const std::unique_ptr<Consumer> inner_;
  absl::Mutex mu_;
  std::map<Position, HandedOut> handed_out_ ABSL_GUARDED_BY(mu_);
};

// What is taken out of a queue is no group's, and in no history.
class TapTaker final : public TapConsumer, public QueueTaker {
 public:
  TapTaker(std::unique_ptr<Consumer> inner, QueueTaker& taker, std::string group, std::size_t space,
           std::shared_ptr<Tape> tape)
      : TapConsumer(std::move(inner), std::move(group), space, std::move(tape)), taker_(taker) {}

  std::size_t Take(std::span<const DeliveryTag> tags) override { return taker_.Take(tags); }

 private:
  QueueTaker& taker_;
};

class Tap : public Transport {
 public:
  Tap(std::unique_ptr<Transport> inner, std::string space, std::shared_ptr<Tape> tape)
      : inner_(std::move(inner)), space_(std::move(space)), tape_(std::move(tape)) {}

  Capabilities GetCapabilities() const override { return inner_->GetCapabilities(); }

  absl::Status Declare(const Topology& topology, DeclareMode mode, absl::Time deadline) override {
    Topology own = topology;
    for (ChannelSpec& channel : own.channels) channel.name = space_ + channel.name;
    for (GroupSpec& group : own.groups) {
      group.channel = space_ + group.channel;
      group.domain = space_ + group.domain;
      for (std::string& queue : group.queues) queue = space_ + queue;
    }
    return inner_->Declare(own, mode, deadline);
  }

  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer() override {
    absl::StatusOr<std::unique_ptr<Producer>> producer = inner_->OpenProducer();
    if (!producer.ok()) return producer;
    return std::make_unique<TapProducer>(*std::move(producer), space_, tape_);
  }

  absl::StatusOr<std::unique_ptr<Consumer>> OpenConsumer(const ConsumerOptions& options) override {
    ConsumerOptions own = options;
    own.domain = space_ + own.domain;
    for (Subscription& subscription : own.subscriptions) {
      subscription.channel = space_ + subscription.channel;
      for (std::string& queue : subscription.queues) queue = space_ + queue;
    }
    absl::StatusOr<std::unique_ptr<Consumer>> consumer = inner_->OpenConsumer(own);
    if (!consumer.ok()) return consumer;
    auto* const taker = dynamic_cast<QueueTaker*>(consumer->get());
    if (taker != nullptr) {
      return std::make_unique<TapTaker>(*std::move(consumer), *taker, options.module, space_.size(),
                                        tape_);
    }
    return std::make_unique<TapConsumer>(*std::move(consumer), options.module, space_.size(),
                                         tape_);
  }

 protected:
  const std::string& space() const { return space_; }

 private:
  const std::unique_ptr<Transport> inner_;
  const std::string space_;
  const std::shared_ptr<Tape> tape_;
};

class TapGauge final : public Tap, public QueueGauge {
 public:
  TapGauge(std::unique_ptr<Transport> inner, QueueGauge& gauge, std::string space,
           std::shared_ptr<Tape> tape)
      : Tap(std::move(inner), std::move(space), std::move(tape)), gauge_(gauge) {}

  absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time deadline) override {
    return gauge_.MeasureQueue(space() + std::string(queue), deadline);
  }

 private:
  QueueGauge& gauge_;
};

}  // namespace

void Tape::Note(Event event) {
  absl::MutexLock lock(&mu_);
  events_.push_back(std::move(event));
}

std::vector<Tape::Event> Tape::events() const {
  absl::MutexLock lock(&mu_);
  return events_;
}

std::size_t Tape::Count(Event::Kind kind) const {
  absl::MutexLock lock(&mu_);
  std::size_t count = 0;
  for (const Event& event : events_) count += event.kind == kind ? 1 : 0;
  return count;
}

std::unique_ptr<Transport> MakeTap(std::unique_ptr<Transport> inner, std::string space,
                                   std::shared_ptr<Tape> tape) {
  if (auto* const gauge = dynamic_cast<QueueGauge*>(inner.get())) {
    return std::make_unique<TapGauge>(std::move(inner), *gauge, std::move(space), std::move(tape));
  }
  return std::make_unique<Tap>(std::move(inner), std::move(space), std::move(tape));
}

}  // namespace omnibus::transport_testing
