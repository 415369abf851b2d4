#include "transports/rabbitmq/delivery_queue.h"

#include <algorithm>
#include <utility>

#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {

DeliveryQueue::DeliveryQueue(Runtime& runtime, std::size_t sources, std::size_t prefetch)
    : bell_(runtime.NewDoorbell()), much_(prefetch / 2 + 1), sources_(sources) {
  for (Source& source : sources_) source.unsettled.reserve(prefetch);
}

void DeliveryQueue::Put(std::vector<ConsumerEvent>& events) {
  if (events.empty()) return;
  {
    const internal::Locked lock(mu_);
    // The taken ones are closed up now and then, so that a reader that is always a little behind
    // does not make this grow.
    if (first_ > 0 && first_ >= events_.size() / 2) {
      events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    for (ConsumerEvent& event : events) {
      switch (event.kind) {
        case ConsumerEvent::Kind::kMessage:
          sources_[event.message.tag.source].unsettled.insert(event.message.tag.position);
          break;
        case ConsumerEvent::Kind::kAssigned:
          for (const std::uint32_t source : event.sources) sources_[source].epoch = event.epoch;
          break;
        case ConsumerEvent::Kind::kRevoked:
        case ConsumerEvent::Kind::kCaughtUp:
          break;
        case ConsumerEvent::Kind::kLost:
          for (const std::uint32_t source : event.sources) Lose(source, event.epoch);
          break;
      }
      events_.push_back(std::move(event));
    }
    events.clear();
  }
  bell_->Ring();
}

void DeliveryQueue::Lose(std::uint32_t source, std::uint64_t epoch) {
  sources_[source].epoch = 0;
  sources_[source].unsettled.clear();
  const auto waiting = events_.begin() + static_cast<std::ptrdiff_t>(first_);
  events_.erase(std::remove_if(waiting, events_.end(),
                               [&](const ConsumerEvent& event) {
                                 return event.kind == ConsumerEvent::Kind::kMessage &&
                                        event.message.tag.epoch == epoch &&
                                        event.message.tag.source == source;
                               }),
                events_.end());
  std::erase_if(settled_, [&](const Settled& each) {
    return each.tag.source == source && each.tag.epoch == epoch;
  });
}

bool DeliveryQueue::TakeSettled(std::vector<Settled>& settled, bool received) {
  const internal::Locked lock(mu_);
  looks_again_ = received || !settled_.empty();
  settled.insert(settled.end(), settled_.begin(), settled_.end());
  settled_.clear();
  return looks_again_;
}

bool DeliveryQueue::TakeEvents(std::size_t max_events, std::vector<ConsumerEvent>& events) {
  const std::size_t count = std::min(max_events, events_.size() - first_);
  for (std::size_t i = 0; i < count; ++i) events.push_back(std::move(events_[first_ + i]));
  first_ += count;
  if (first_ == events_.size()) {
    events_.clear();
    first_ = 0;
  }
  return count > 0;
}

absl::Status DeliveryQueue::Wait(absl::Time deadline, std::size_t max_events,
                                 std::vector<ConsumerEvent>& events) {
  bool in_time = true;
  while (true) {
    {
      const internal::Locked lock(mu_);
      if (closed_)
        return Error(absl::StatusCode::kFailedPrecondition, "receive", "the consumer is closed");
      const bool taken = TakeEvents(max_events, events);
      const bool interrupted = std::exchange(interrupted_, false);
      if (taken || interrupted || !in_time) return absl::OkStatus();
    }
    in_time = bell_->Wait(deadline);
  }
}

void DeliveryQueue::Interrupt() {
  {
    const internal::Locked lock(mu_);
    interrupted_ = true;
  }
  bell_->Ring();
}

std::size_t DeliveryQueue::Settle(std::span<const DeliveryTag> tags, bool taken, bool& wake) {
  const internal::Locked lock(mu_);
  if (closed_) return tags.size();
  const std::size_t before = settled_.size();
  std::size_t dropped = 0;
  for (const DeliveryTag& tag : tags) {
    const bool current =
        tag.source < sources_.size() && tag.epoch != 0 && sources_[tag.source].epoch == tag.epoch;
    if (current && sources_[tag.source].unsettled.erase(tag.position) == 1) {
      settled_.push_back({tag, taken});
    } else {
      ++dropped;
    }
  }
  // Once for what is there: it takes all of it.
  const std::size_t enough = looks_again_ ? much_ : 1;
  wake = before < enough && settled_.size() >= enough;
  return dropped;
}

void DeliveryQueue::Close() {
  {
    const internal::Locked lock(mu_);
    closed_ = true;
    events_.clear();
    first_ = 0;
  }
  bell_->Ring();
}

}  // namespace omnibus::rabbitmq
