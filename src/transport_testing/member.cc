#include "transport_testing/member.h"

#include <algorithm>
#include <utility>

namespace omnibus::transport_testing {
namespace {

constexpr absl::Duration kGlance = absl::Milliseconds(20);

Received Copy(const ReceivedMessage& message) {
  Received copy;
  copy.channel = message.channel;
  copy.type = message.type;
  copy.key = message.key;
  copy.property_id = message.id;
  copy.correlation_id = message.correlation_id;
  copy.body = message.body;
  for (const HeaderView& header : message.headers) {
    if (header.name == kIdHeader) {
      copy.id = header.value;
    } else {
      copy.headers[std::string(header.name)] = header.value;
    }
  }
  copy.tag = message.tag;
  copy.redelivered = message.redelivered;
  return copy;
}

}  // namespace

Member::Member(std::unique_ptr<Consumer> consumer, Name name, History& history, Findings& findings,
               absl::Duration patience)
    : Expectations(findings),
      consumer_(std::move(consumer)),
      name_(std::move(name)),
      history_(history),
      patience_(patience) {}

void Member::WaitUntilReady() {
  const absl::Time deadline = In(patience_);
  while (!consumer_->Health().healthy) {
    RequireLt(Now(), deadline) << "not ready: " << consumer_->Health().detail;
    Pull(In(kGlance), 100);
  }
}

void Member::Pull(absl::Time deadline, std::size_t max) {
  std::vector<ConsumerEvent> events;
  RequireOk(consumer_->Wait(deadline, max, events));
  RequireLe(events.size(), max) << "events, which is more than it was asked for";
  for (ConsumerEvent& event : events) Take(std::move(event));
}

void Member::Take(ConsumerEvent event) {
  switch (event.kind) {
    case ConsumerEvent::Kind::kMessage:
      backlog_.push_back(Copy(event.message));
      if (event.message.redelivered) ++redelivered_;
      history_.Delivered(name_.group, name_.member, backlog_.back().channel, backlog_.back().id);
      break;
    case ConsumerEvent::Kind::kAssigned:
      owned_.insert(event.sources.begin(), event.sources.end());
      break;
    case ConsumerEvent::Kind::kRevoked:
      for (const std::uint32_t source : event.sources) owned_.erase(source);
      ++revocations_;
      consumer_->Release(event.epoch);
      history_.Told(name_.group, name_.member);
      break;
    case ConsumerEvent::Kind::kLost:
      for (const std::uint32_t source : event.sources) owned_.erase(source);
      ++losses_;
      break;
    case ConsumerEvent::Kind::kCaughtUp:
      break;
  }
  assigned_ = owned_.size();
}

std::vector<Received> Member::Receive(std::size_t count, Settling settling, absl::Time deadline) {
  std::vector<Received> received;
  while (true) {
    while (!backlog_.empty() && received.size() < count) {
      received.push_back(std::move(backlog_.front()));
      backlog_.erase(backlog_.begin());
      if (settling == Settling::kAtOnce) Settle(received.back());
    }
    if (received.size() >= count || Now() >= deadline) break;
    // One at a time when it is settled at once, so that a change of the group finds nothing in our
    // hands.
    Pull(deadline, settling == Settling::kAtOnce ? 1 : std::min<std::size_t>(count, 500));
  }
  return received;
}

bool Member::Settle(const Received& message) {
  const std::size_t dropped = consumer_->Settle({&message.tag, 1});
  ExpectLe(dropped, 1u);
  history_.Settled(name_.group, name_.member, message.id, dropped == 0);
  return dropped == 0;
}

absl::Status Member::Close(absl::Time deadline) {
  absl::Status status = consumer_->Close(deadline);
  if (status.ok()) history_.Told(name_.group, name_.member);
  return status;
}

Worker::Worker(std::unique_ptr<Member> member) : member_(std::move(member)) {
  thread_ = SystemRuntime().Spawn("worker", [this] {
    try {
      while (!stopping_) received_ += member_->ReceiveFor(kGlance, Settling::kAtOnce).size();
    } catch (const Abandoned&) {  // what it found is written down
    }
  });
}

void Worker::Stop() {
  stopping_ = true;
  member_->consumer().Interrupt();
  thread_->Join();
}

void Worker::Leave(absl::Duration patience) {
  Stop();
  member_->ExpectOk(member_->Close(In(patience)));
}

Worker::~Worker() { Stop(); }

std::vector<std::string> IdsOf(const std::vector<Received>& messages) {
  std::vector<std::string> ids;
  for (const Received& message : messages) ids.push_back(message.id);
  return ids;
}

}  // namespace omnibus::transport_testing
