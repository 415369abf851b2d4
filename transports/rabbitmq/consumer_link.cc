#include "transports/rabbitmq/consumer_link.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/backoff.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

using State = ConsumerSource::State;

// Until the broker is asked again how much of a side queue is still to come. It may be with another
// member by now, and then it does not come at all.
constexpr absl::Duration kCountAgain = absl::Seconds(1);

// Where messages come this often, those of the next moment are taken together.
constexpr absl::Duration kOften = absl::Microseconds(400);
constexpr absl::Duration kGather = absl::Microseconds(250);

// Until what was settled is looked for, while messages come and go.
constexpr absl::Duration kLookAgain = absl::Milliseconds(1);

std::string Text(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

ConsumerLink::ConsumerLink(const ConnectionSettings& settings, const DeclaredTopology& topology,
                           std::shared_ptr<spdlog::logger> logger, DeliveryPool& pool,
                           DeliveryQueue& queue, const std::vector<SourceSpec>& specs)
    : settings_(settings),
      topology_(topology),
      logger_(std::move(logger)),
      queue_(queue),
      down_(Error(absl::StatusCode::kUnavailable, "consume", "not connected yet")) {
  entries_.reserve(specs.size());
  for (const SourceSpec& spec : specs) {
    if (spec.queue.empty()) channels_.emplace_back(spec.channel);
    if (!spec.queue.empty()) queues_.push_back(spec.queue);
    // A group's queue is bound to the exchange of its channel. (For a side queue there is none of
    // that name.)
    if (spec.kind == SourceSpec::Kind::kShared) channels_.emplace_back(spec.channel);
    entries_.push_back({ConsumerSource(spec, pool, last_epoch_, events_)});
  }
  health_.detail = Text(down_);
}

// --- Connection ----------------------------------------------------------------------------------

void ConsumerLink::OnUp(Connection& connection) {
  down_ = absl::OkStatus();
  for (Entry& entry : entries_) entry.open_at = absl::InfinitePast();
  Declare(connection);
}

void ConsumerLink::Declare(Connection& connection) {
  run_.emplace(static_cast<std::uint16_t>(entries_.size() + 1), topology_.For(channels_, queues_),
               DeclareMode::kDeclare, DeclareRun::OnError::kGoOn);
  run_->Start(connection);
}

void ConsumerLink::OnDown(const absl::Status& why) {
  down_ = why;
  run_.reset();
  for (Entry& entry : entries_) {
    entry.source.OnConnectionLost(why);
    entry.seen = State::kClosed;
    entry.failures = 0;
  }
}

void ConsumerLink::OnFrame(Connection& connection, const amqp_frame_t& frame) {
  const std::size_t index = static_cast<std::size_t>(frame.channel) - 1;
  if (index < entries_.size()) return entries_[index].source.OnFrame(connection, frame);
  if (run_ && frame.channel == run_->channel() && frame.frame_type == AMQP_FRAME_METHOD) {
    run_->OnMethod(connection, frame.payload.method);
  }
}

absl::Time ConsumerLink::OnTurn(Connection* connection) {
  if (connection != nullptr) GiveUpWithSideQueues(*connection);
  for (Entry& entry : entries_) NoteState(entry);
  UpdateHealth(connection);  // first: whoever is told of an assignment sees it there, too
  const bool received = !events_.empty();
  if (received && connection != nullptr) Gather(*connection);
  queue_.Put(events_);
  const bool look_again = SendSettled(connection, received);
  bool draining = false;
  {
    const internal::Locked lock(mu_);
    draining = draining_;
  }
  absl::Time next = absl::InfiniteFuture();
  if (draining) {
    DrainSources(connection);
  } else if (connection != nullptr) {
    const absl::Time look = GiveUpStalled(*connection);
    next = std::min({look, OpenClosed(*connection), CountAgain(*connection)});
  }
  if (look_again) next = std::min(next, settings_.runtime.Now() + kLookAgain);
  return next;
}

// A turn wakes the bus's threads, which costs more than a small message does.
void ConsumerLink::Gather(Connection& connection) {
  const absl::Time now = settings_.runtime.Now();
  if (now - received_at_ < kOften) connection.GatherUntil(now + kGather);
  received_at_ = now;
}

void ConsumerLink::OnEnd() {
  EndDrain(false);
  const internal::Locked lock(mu_);
  health_ = {false, "closed"};
}

// --- Sources -------------------------------------------------------------------------------------

void ConsumerLink::NoteState(Entry& entry) {
  const State state = entry.source.state();
  if (state == entry.seen) return;
  const absl::Time now = settings_.runtime.Now();
  if (state == State::kConsuming) {
    entry.consuming_since = now;
    entry.count_at = now + kCountAgain;
    entry.stall_watch.Begin(now);
    if (entry.failures > 0)
      logger_->info("rabbitmq: {} is consumed again", entry.source.Describe());
  } else if (state == State::kClosed || state == State::kClosing) {
    const bool was_stable =
        entry.seen == State::kConsuming && now - entry.consuming_since >= kStable;
    if (was_stable) entry.failures = 0;
    if (entry.seen != State::kClosing) {
      if (!entry.source.status().ok() && entry.failures == 0) {
        logger_->warn("{}; it is tried again until it works", Text(entry.source.status()));
      }
      // The first attempt at once, however it was lost: a deleted queue is declared again.
      entry.open_at =
          now + ReconnectDelay(settings_.options, entry.failures, settings_.runtime.Random());
      ++entry.failures;
    }
  }
  entry.seen = state;
}

absl::Time ConsumerLink::OpenClosed(Connection& connection) {
  const absl::Time now = settings_.runtime.Now();
  absl::Time next = absl::InfiniteFuture();
  bool due = false;
  for (const Entry& entry : entries_) {
    if (entry.source.state() != State::kClosed || WaitsFor(entry) != nullptr) continue;
    if (entry.open_at <= now) {
      due = true;
    } else {
      next = std::min(next, entry.open_at);
    }
  }
  if (!due) {
    if (run_ && run_->done()) run_.reset();
    return next;
  }
  if (!run_) Declare(connection);
  if (!run_->done()) return next;
  if (!run_->status().ok()) {
    logger_->error("rabbitmq: what was declared before could not be declared again: {}",
                   Text(run_->status()));
  }
  run_.reset();
  for (Entry& entry : entries_) {
    if (entry.source.state() != State::kClosed || entry.open_at > now) continue;
    if (WaitsFor(entry) != nullptr) continue;
    entry.source.Open(connection);
    entry.seen = State::kOpening;
  }
  return next;
}

const ConsumerSource* ConsumerLink::WaitsFor(const Entry& entry) const {
  for (const std::uint32_t side : entry.source.spec().after) {
    if (!entries_[side].source.caught_up()) return &entries_[side].source;
  }
  return nullptr;
}

// What a lost side queue held is unknown to the consumer from now on, and events of the same keys
// must not overtake it.
void ConsumerLink::GiveUpWithSideQueues(Connection& connection) {
  for (Entry& entry : entries_) {
    const State state = entry.source.state();
    if (state != State::kOpening && state != State::kConsuming) continue;
    const ConsumerSource* const side = WaitsFor(entry);
    if (side == nullptr) continue;
    entry.source.GiveUp(connection,
                        Error(absl::StatusCode::kUnavailable, "consume " + entry.source.Describe(),
                              "its side " + side->Describe() + " was lost"));
  }
}

absl::Time ConsumerLink::CountAgain(Connection& connection) {
  const absl::Time now = settings_.runtime.Now();
  absl::Time next = absl::InfiniteFuture();
  for (Entry& entry : entries_) {
    if (entry.source.state() != State::kConsuming || entry.source.caught_up()) continue;
    if (entry.count_at <= now) {
      entry.source.Count(connection);
      entry.count_at = now + kCountAgain;
    }
    next = std::min(next, entry.count_at);
  }
  return next;
}

absl::Time ConsumerLink::GiveUpStalled(Connection& connection) {
  const absl::Time now = settings_.runtime.Now();
  absl::Time next = absl::InfiniteFuture();
  for (Entry& entry : entries_) {
    ConsumerSource& source = entry.source;
    if (source.state() != State::kConsuming) continue;
    if (source.spec().kind != SourceSpec::Kind::kShared) continue;
    switch (entry.stall_watch.Look(now, source.delivered(), source.is_full(), source.waiting())) {
      case StallWatch::Verdict::kWell:
        break;
      case StallWatch::Verdict::kAsk:
        source.Count(connection);
        break;
      case StallWatch::Verdict::kStalled:
        source.GiveUp(connection,
                      Error(absl::StatusCode::kUnavailable, "consume " + source.Describe(),
                            absl::StrCat("the broker has ", *source.waiting(),
                                         " messages, and delivers none")));
        NoteState(entry);
        continue;
    }
    next = std::min(next, entry.stall_watch.due());
  }
  return next;
}

// True: it is to be called again in a moment.
bool ConsumerLink::SendSettled(Connection* connection, bool received) {
  const bool look_again = queue_.TakeSettled(settled_, received);
  if (connection != nullptr) {
    for (const auto& [tag, taken] : settled_) {
      ConsumerSource& source = entries_[tag.source].source;
      // The channel may have been lost since it was settled: then the message belongs to somebody
      // else.
      if (source.epoch() == tag.epoch) source.Settle(*connection, tag.position, taken);
    }
  }
  settled_.clear();
  return look_again;
}

// --- Draining ------------------------------------------------------------------------------------

void ConsumerLink::Drain() {
  const internal::Locked lock(mu_);
  draining_ = true;
}

bool ConsumerLink::AwaitDrained(absl::Time deadline) {
  const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return drained_.has_value(); };
  if (!waiters_.Await(mu_, settings_.runtime, deadline, ended)) return false;
  const internal::Locked lock(mu_);
  return *drained_;
}

void ConsumerLink::DrainSources(Connection* connection) {
  // Without a connection nothing of ours is at the broker, and what was settled on the last one is
  // void.
  if (connection == nullptr) return EndDrain(true);
  bool closed = true;
  for (Entry& entry : entries_) {
    entry.source.Close(*connection);
    closed &= entry.source.state() == State::kClosed;
  }
  if (closed) EndDrain(true);
}

void ConsumerLink::EndDrain(bool heard) {
  const internal::Locked lock(mu_);
  if (drained_) return;
  drained_ = heard;
  waiters_.Ring();
}

// --- Health --------------------------------------------------------------------------------------

void ConsumerLink::UpdateHealth(const Connection* connection) {
  LinkHealth health;
  if (connection == nullptr || connection->closed()) {
    health.detail = Text(down_);
  } else if (!connection->answers()) {
    health.detail = absl::StrCat("no answer from ", settings_.address.Shown());
  } else {
    for (const Entry& entry : entries_) {
      if (entry.source.state() == State::kConsuming) continue;
      const ConsumerSource* const side = WaitsFor(entry);
      if (side != nullptr && side->state() == State::kConsuming) {
        health.detail = absl::StrCat("consuming ", entry.source.Describe(), " waits for what ",
                                     side->Describe(), " holds");
        continue;
      }
      health.detail =
          entry.source.status().ok()
              ? absl::StrCat("consuming ", entry.source.Describe(), " has not begun yet")
              : Text(entry.source.status());
    }
  }
  health.healthy = health.detail.empty();
  const internal::Locked lock(mu_);
  if (health.healthy && health_.healthy) return;
  if (health.healthy) health.detail = "consuming from " + settings_.address.Shown();
  health_ = std::move(health);
}

LinkHealth ConsumerLink::GetHealth() const {
  const internal::Locked lock(mu_);
  return health_;
}

}  // namespace omnibus::rabbitmq
