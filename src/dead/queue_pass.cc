#include "dead/queue_pass.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omnibus::dead {
namespace {

// A queue hands out what it has at once. Silence after the last that was counted is its end.
constexpr absl::Duration kSilence = absl::Milliseconds(100);
// When less comes than was counted, somebody else may have taken the rest.
constexpr absl::Duration kLongSilence = absl::Seconds(1);

}  // namespace

QueuePass::QueuePass(Transport& transport, QueueGauge& gauge, Runtime& runtime, std::string queue,
                     QueueExtent extent, absl::Duration patience, std::stop_token stop)
    : transport_(transport),
      gauge_(gauge),
      runtime_(runtime),
      queue_(std::move(queue)),
      extent_(std::move(extent)),
      patience_(patience),
      stop_(std::move(stop)),
      heard_at_(runtime.Now()) {
  for (const QueueExtent::Partition& each : extent_.partitions) {
    next_[each.partition] = each.begin;
  }
  LookForEnd();
}

QueuePass::~QueuePass() {
  if (consumer_ != nullptr) Close(absl::InfinitePast()).IgnoreError();
}

absl::Status QueuePass::Open() {
  ConsumerOptions options;  // nobody's
  options.subscriptions = {{Destination::kQueue, queue_, {}}};
  options.start_from = StartFrom::kEarliest;
  absl::StatusOr<std::unique_ptr<Consumer>> consumer = transport_.OpenConsumer(options);
  if (!consumer.ok()) return consumer.status();
  consumer_ = *std::move(consumer);
  heard_at_ = runtime_.Now();
  return absl::OkStatus();
}

void QueuePass::LookForEnd() {
  if (extent_.partitions.empty()) {
    over_ = extent_.messages == 0;
    return;
  }
  over_ = std::all_of(
      extent_.partitions.begin(), extent_.partitions.end(),
      [&](const QueueExtent::Partition& each) { return next_[each.partition] >= each.end; });
}

absl::Status QueuePass::Read(std::size_t max, std::vector<ReceivedMessage>& messages) {
  const std::stop_callback wake(stop_, [this] { consumer_->Interrupt(); });
  while (!over_ && !stop_.stop_requested()) {
    const bool counted = extent_.partitions.empty() && seen_ >= extent_.messages;
    const absl::Time until =
        std::min(heard_at_ + (counted ? kSilence : kLongSilence), heard_at_ + patience_);
    events_.clear();
    absl::Status status = consumer_->Wait(std::max(until, runtime_.Now()), max, events_);
    if (!status.ok()) return status;
    const std::size_t before = messages.size();
    for (ConsumerEvent& event : events_) {
      status = Accept(event, messages);
      if (!status.ok()) return status;
    }
    const absl::Time now = runtime_.Now();
    if (!events_.empty()) heard_at_ = now;
    if (extent_.partitions.empty()) {
      if (counted && events_.empty() && now >= heard_at_ + kSilence) over_ = true;
    } else {
      LookForEnd();
    }
    if (messages.size() > before) return absl::OkStatus();
    if (events_.empty() && !over_ && now >= until) {
      if (status = LookAtSilence(now); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status QueuePass::Accept(ConsumerEvent& event, std::vector<ReceivedMessage>& messages) {
  switch (event.kind) {
    case ConsumerEvent::Kind::kAssigned:
    case ConsumerEvent::Kind::kCaughtUp:
      return absl::OkStatus();
    case ConsumerEvent::Kind::kRevoked:
      consumer_->Release(event.epoch);
      return absl::OkStatus();
    case ConsumerEvent::Kind::kLost:
      lost_ = true;
      return absl::UnavailableError(
          absl::StrCat("reading ", queue_, ": ", consumer_->Health().detail));
    case ConsumerEvent::Kind::kMessage:
      break;
  }
  const ReceivedMessage& message = event.message;
  if (!extent_.partitions.empty()) {
    const auto part = std::find_if(
        extent_.partitions.begin(), extent_.partitions.end(),
        [&](const QueueExtent::Partition& each) { return each.partition == message.partition; });
    if (part == extent_.partitions.end()) return absl::OkStatus();
    next_[message.partition] = message.offset + 1;
    if (message.offset >= part->end) return absl::OkStatus();  // came since
  }
  ++seen_;
  messages.emplace_back(std::move(event.message));
  return absl::OkStatus();
}

absl::Status QueuePass::LookAtSilence(absl::Time now) {
  const LinkHealth health = consumer_->Health();
  if (health.healthy && extent_.partitions.empty()) {
    // What another reader holds comes to nobody else.
    absl::StatusOr<QueueExtent> left = gauge_.MeasureQueue(queue_, now + patience_);
    if (!left.ok()) return left.status();
    if (left->messages == 0) over_ = true;
  }
  if (over_ || now < heard_at_ + patience_) {
    if (!over_) runtime_.SleepUntil(now + kSilence);
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat("reading ", queue_, ": nothing came within ",
                                                  absl::FormatDuration(patience_), " (",
                                                  health.detail, ")"));
}

bool QueuePass::Take(const DeliveryTag& tag) {
  auto* const taker = dynamic_cast<QueueTaker*>(consumer_.get());
  if (taker == nullptr || taker->Take({&tag, 1}) != 0) return false;
  ++taken_;
  return true;
}

// A queue puts what was given back behind what was given back before: so all of it is given back,
// or none keeps its order.
void QueuePass::SkipToEnd(absl::Time deadline) {
  while (seen_ < extent_.messages && !lost_) {
    events_.clear();
    const absl::Time until = std::min(deadline, runtime_.Now() + kLongSilence);
    if (!consumer_->Wait(until, 64, events_).ok()) return;
    if (events_.empty() && runtime_.Now() >= until) return;
    std::vector<ReceivedMessage> messages;
    for (ConsumerEvent& event : events_) {
      if (!Accept(event, messages).ok()) return;
    }
    for (const ReceivedMessage& message : messages) Leave(message.tag);
  }
}

// The broker puts it back after it has said that the channel is closed, and a quorum queue after it
// has let the consumer go, too. Whoever read in between would see nothing, or what has come since
// before what goes back. Where somebody else takes from the queue as well, the deadline ends it.
void QueuePass::AwaitReturn(absl::Time deadline) {
  while (runtime_.Now() < deadline) {
    const absl::StatusOr<QueueExtent> now = gauge_.MeasureQueue(queue_, deadline);
    if (!now.ok()) return;
    if (now->consumers == 0 && now->messages >= seen_ - taken_) return;
    runtime_.SleepUntil(runtime_.Now() + absl::Milliseconds(5));
  }
}

absl::Status QueuePass::Close(absl::Time deadline) {
  const bool is_queue = extent_.partitions.empty() && runtime_.Now() < deadline;
  if (is_queue) SkipToEnd(deadline);
  const absl::Status status = consumer_->Close(std::max(deadline, runtime_.Now() + kLongSilence));
  consumer_.reset();
  if (is_queue && status.ok() && !lost_) {
    AwaitReturn(std::min(deadline, runtime_.Now() + kLongSilence));
  }
  return status;
}

}  // namespace omnibus::dead
