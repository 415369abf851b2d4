#include "bus/intake.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "bus/retry_queue.h"
#include "omnibus/internal/absl_view.h"
#include "runtime/planted_bug.h"
#include "spdlog/logger.h"

namespace omnibus {
namespace {

// After an error of the transport's, which tries again by itself.
constexpr absl::Duration kPause = absl::Milliseconds(200);

// 0 is for what has no key. The same in each process, unlike Abseil's: a run of a simulation can be
// repeated.
std::uint64_t Hash(std::string_view text) {
  const std::uint64_t hash = std::hash<std::string_view>()(text);
  return hash == 0 ? 1 : hash;
}
// Of what is to be in order. A log has an order within each of its partitions: where a key has
// moved from one to another one, offsets say nothing.
std::uint64_t HashWith(const ReceivedMessage& message, std::uint64_t key) {
  const auto partition = static_cast<std::uint64_t>(message.partition + 1);
  const std::uint64_t hash = (Hash(message.channel) + partition) * 0x9E3779B97F4A7C15u + key;
  return hash == 0 ? 1 : hash;
}

}  // namespace

Intake::Intake(const ModuleIdentity& module, const ModulePlan& plan, const Plan& all,
               Handling& handling, std::unique_ptr<Consumer> consumer, Sender* sender,
               const Capabilities& capabilities, absl::Duration release_within)
    : module_(module),
      all_(all),
      handling_(handling),
      consumer_(std::move(consumer)),
      origin_{consumer_.get(), sender, capabilities.side_queues},
      shared_(!capabilities.ordered_by_key),
      release_within_(release_within),
      doorbell_(module.runtime->NewDoorbell()) {
  for (const EventType* type : all.events) {
    types_.emplace(type->contract->type, KnownType{type, nullptr});
  }
  for (const auto& handler : plan.description.handlers()) {
    const std::string_view channel = handler.type->contract->channel;
    retry_queues_.emplace(RetryQueue(channel, module.module), channel);
    types_.find(handler.type->contract->type)->second.handler = &handler;
  }
}

void Intake::Start() {
  thread_ = module_.runtime->Spawn("receive", [this] { Run(); });
}

void Intake::Stop() {
  stopping_ = true;
  consumer_->Interrupt();
  doorbell_->Ring();
}

void Intake::Join() {
  if (thread_ == nullptr) return;
  thread_->Join();
  for (const auto& [type, count] : skipped_) {
    module_.log->info("{}: skipped {} {} time(s)", module_.group, type, count);
  }
}

void Intake::Run() {
  while (!stopping_) {
    ReleaseWhatIsDone();
    const std::size_t room = handling_.Room();
    if (room == 0) {
      handling_.WaitForRoom(doorbell_.get(), NextRelease());
      continue;
    }
    events_.clear();
    const absl::Status status =
        consumer_->Wait(NextRelease(), std::min(room, Handling::kBatch), events_);
    if (!status.ok() && !stopping_) {
      if (last_error_ != status.ToString()) {
        last_error_ = status.ToString();
        module_.log->error("{}: cannot receive: {}", module_.group, last_error_);
      }
      doorbell_->Wait(module_.runtime->Now() + kPause);
    }
    for (ConsumerEvent& event : events_) Take(event);
    HandOver();
  }
}

absl::Time Intake::NextRelease() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Revocation& revocation : revocations_) next = std::min(next, revocation.deadline);
  return next;
}

void Intake::Take(ConsumerEvent& event) {
  switch (event.kind) {
    case ConsumerEvent::Kind::kMessage:
      return Accept(event.message);
    case ConsumerEvent::Kind::kAssigned:
      last_error_.clear();
      return LoseLeft(event);  // a source is met with its first message
    case ConsumerEvent::Kind::kRevoked: {
      HandOver();
      revocations_.push_back({event.epoch, Leave(event), module_.runtime->Now() + release_within_});
      return;
    }
    case ConsumerEvent::Kind::kLost:
      HandOver();
      for (Source* source : Leave(event)) source->lost = true;
      return LoseLeft(event);
    case ConsumerEvent::Kind::kCaughtUp:
      HandOver();
      return CatchUp(event);
  }
}

void Intake::Accept(ReceivedMessage& message) {
  const KnownType* known = nullptr;
  const auto lookup = [this, &known](std::string_view name) -> const EventType* {
    known = FindType(name);
    return known == nullptr ? nullptr : known->type;
  };
  const Feed& feed = FeedOf(message);
  Delivery* delivery = NewDelivery(feed.source);
  if (feed.retried != nullptr) TakeRetry(*feed.retried, message, *delivery);
  absl::Status decoded = reader_.Open(feed.dialect, message, lookup);
  if (absl::IsNotFound(decoded)) {
    return Skip(message, delivery, "an event type that nobody declared");
  }
  const ModuleDescription::Handler* handler = nullptr;
  if (decoded.ok()) {
    handler = known->handler;
    if (handler == nullptr) {
      return Skip(message, delivery, "an event type that it does not handle");
    }
  }

  delivery->handler = handler;
  if (decoded.ok()) {
    decoded = reader_.ReadPayload(delivery->storage.Construct(*handler->type));
    std::swap(delivery->metadata, reader_.metadata());
  }
  delivery->message = std::move(message);
  if (!decoded.ok()) Quarantine(delivery, std::move(decoded));
  const std::string_view key =
      delivery->handler == nullptr ? delivery->message.key : delivery->metadata.key;
  delivery->lane_key = key.empty() ? 0 : Hash(key);
  delivery->order_key = key.empty() ? 0 : HashWith(delivery->message, delivery->lane_key);
  if (Planted(PlantedBug::kTwoOfOneKey)) delivery->lane_key = 0;
  delivery->lane = handling_.workers().LaneOf(delivery->lane_key);
  if (delivery->put_off) {
    if (!handling_.AdmitPutOff(delivery)) return;
  } else {
    handling_.Admit(delivery);
  }
  if (delivery->lane >= batches_.size()) batches_.resize(delivery->lane + 1);
  batches_[delivery->lane].push_back(delivery);
}

const Intake::KnownType* Intake::FindType(std::string_view name) {
  if (last_type_ == nullptr || last_type_->type->contract->type != name) {
    const auto found = types_.find(name);
    if (found == types_.end()) return nullptr;
    last_type_ = &found->second;
  }
  return last_type_;
}

Delivery* Intake::NewDelivery(Source* source) {
  Delivery* delivery = handling_.NewDelivery();
  delivery->intake = this;
  delivery->source = source;
  delivery->stage = Delivery::Stage::kHandle;
  delivery->claimed = false;
  delivery->attempt = 0;
  delivery->tries = 0;
  delivery->status = absl::OkStatus();
  delivery->put_off = false;
  delivery->sequence = 0;
  delivery->due = absl::InfinitePast();
  delivery->release = Delivery::Release::kNone;
  delivery->parks = false;
  delivery->release_id = {};
  delivery->announced = false;
  delivery->hinders = Delivery::Hinders::kNothing;
  delivery->dead_because = {};
  delivery->superseded = false;
  return delivery;
}

// From here on one that was put off looks as it did when it came from its channel.
void Intake::TakeRetry(const std::string& channel, ReceivedMessage& message, Delivery& delivery) {
  delivery.put_off = true;
  const absl::Time now = module_.runtime->Now();
  const absl::Time wall = module_.runtime->WallTime();
  TakeRetryHeaders(message, delivery, [&](absl::Time time) { return now + (time - wall); });
  message.channel = channel;
  message.routing_key = message.type;
}

void Intake::Quarantine(Delivery* delivery, absl::Status why) {
  delivery->handler = nullptr;
  delivery->stage = Delivery::Stage::kBury;
  delivery->status = std::move(why);
  delivery->storage.Clear();
}

void Intake::Skip(const ReceivedMessage& message, Delivery* delivery, std::string_view why) {
  // A line for each type, not for each message: new events of others must not fill the log.
  if (++skipped_[reader_.metadata().type] == 1) {
    module_.log->info("{}: skips {} of {}: {}", module_.group, reader_.metadata().type,
                      message.channel, why);
  }
  delivery->source->Begin(message.tag.position);
  consumer_->Settle({&message.tag, 1});
  handling_.Discard(delivery);
}

void Intake::HandOver() {
  for (std::size_t lane = 0; lane < batches_.size(); ++lane) {
    if (batches_[lane].empty()) continue;
    handling_.workers().Add(lane, batches_[lane]);
    batches_[lane].clear();
  }
}

Intake::Feed& Intake::FeedOf(const DeliveryTag& tag) {
  Feed& feed = current_[tag.source];
  if (feed.source == nullptr || feed.source->epoch != tag.epoch) {
    sources_.push_back(std::make_unique<Source>());
    feed = {};
    feed.source = sources_.back().get();
    feed.source->index = tag.source;
    feed.source->epoch = tag.epoch;
    feed.source->shared = shared_;
  }
  return feed;
}

Intake::Feed& Intake::FeedOf(const ReceivedMessage& message) {
  Feed& feed = FeedOf(message.tag);
  if (feed.is_known) return feed;
  const auto queue = retry_queues_.find(message.channel);
  if (queue != retry_queues_.end()) feed.retried = &queue->second;
  const auto channel =
      all_.channels.find(feed.retried == nullptr ? message.channel : *feed.retried);
  if (channel != all_.channels.end()) feed.dialect = channel->second.dialect;
  feed.is_known = true;
  return feed;
}

void Intake::CatchUp(const ConsumerEvent& event) {
  for (const std::uint32_t source : event.sources) {
    const auto current = current_.find(source);
    // Of what was assigned anew it will be told by itself.
    if (current != current_.end() && current->second.source->epoch > event.epoch) continue;
    handling_.CatchUp(*FeedOf({event.epoch, source, 0}).source);
  }
}

std::vector<Source*> Intake::Leave(const ConsumerEvent& event) {
  std::vector<Source*> left;
  for (const std::uint32_t source : event.sources) {
    const auto current = current_.find(source);
    if (current == current_.end()) continue;
    current->second.source->leaving = true;
    left.push_back(current->second.source);
    current_.erase(current);
  }
  // What waits for a retry, and belongs to those, is let go too.
  handling_.LetGo();
  return left;
}

// The transport has not waited for the end of what came from those: it cannot be settled any more.
// Where they are assigned anew, its places in the retry queue are those of the copies that follow.
void Intake::LoseLeft(const ConsumerEvent& event) {
  for (const Revocation& revocation : revocations_) {
    for (Source* left : revocation.sources) {
      const auto found = std::find(event.sources.begin(), event.sources.end(), left->index);
      if (found != event.sources.end()) left->lost = true;
    }
  }
  handling_.Forget();
}

void Intake::ReleaseWhatIsDone() {
  const absl::Time now = module_.runtime->Now();
  std::erase_if(revocations_, [&](const Revocation& revocation) {
    const bool done = std::all_of(revocation.sources.begin(), revocation.sources.end(),
                                  [](const Source* source) { return source->in_flight == 0; });
    const bool early = Planted(PlantedBug::kReleasedEarly);
    if (!done && !early && now < revocation.deadline) return false;
    for (Source* source : revocation.sources) source->lost = true;
    handling_.Forget();
    consumer_->Release(revocation.epoch);
    return true;
  });
}

}  // namespace omnibus
