#include "transports/rabbitmq/publisher_link.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::uint16_t kPublishChannel = 1;
constexpr std::uint16_t kDeclareChannel =
    2;  // errors of declaring close its channel, not the one that publishes

// No more is encoded ahead of the socket. What the broker does not take stays in `waiting_`, where
// its deadline finds it unsent.
constexpr std::size_t kWriteAheadBytes = 1u << 20;

// Deadlines are kept to this; a completion may be 100 ms late.
constexpr absl::Duration kSweepEvery = absl::Milliseconds(20);

std::string Publish(const PublishRecord& record) {
  return absl::StrCat("publish to ", AbslView(record.destination()));
}

absl::Status Unknown(const PublishRecord& record, std::string_view why) {
  return Error(absl::StatusCode::kDeadlineExceeded, Publish(record), why);
}

// "NOT_FOUND - no exchange 'x' in vhost '/'", "ACCESS_REFUSED - access to exchange 'x' in vhost '/'
// refused for user 'u'".
std::optional<std::string_view> NamedExchange(std::string_view text) {
  constexpr std::string_view kBefore = "exchange '";
  constexpr std::string_view kAfter = "' in vhost '";
  const std::size_t begin = text.find(kBefore);
  const std::size_t end = text.rfind(kAfter);
  if (begin == std::string_view::npos || end == std::string_view::npos ||
      end < begin + kBefore.size()) {
    return std::nullopt;
  }
  return text.substr(begin + kBefore.size(), end - begin - kBefore.size());
}

// "PRECONDITION_FAILED - message size 5000 is larger than configured max size 4096", with or
// without the "is".
std::optional<std::size_t> NamedSize(std::string_view text) {
  constexpr std::string_view kBefore = "message size ";
  const std::size_t begin = text.find(kBefore);
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin + kBefore.size());
  std::size_t size = 0;
  if (!absl::SimpleAtoi(AbslView(text.substr(0, text.find(' '))), &size)) return std::nullopt;
  return size;
}

}  // namespace

PublisherLink::PublisherLink(const ConnectionSettings& settings, const DeclaredTopology& topology,
                             std::shared_ptr<spdlog::logger> logger, SendQueue& queue)
    : settings_(settings),
      topology_(topology),
      logger_(std::move(logger)),
      queue_(queue),
      window_(static_cast<std::size_t>(settings.options.publisher.in_flight)),
      down_(Error(absl::StatusCode::kUnavailable, "publish", "not connected yet")) {
  UpdateHealth(nullptr);
}

// --- Connection and channel ----------------------------------------------------------------------

void PublisherLink::OnUp(Connection& connection) {
  down_ = absl::OkStatus();
  StartRun(connection, topology_.All(), DeclareMode::kDeclare);
}

void PublisherLink::StartRun(Connection& connection, std::vector<DeclareStep> steps,
                             DeclareMode mode) {
  run_.emplace(
      kDeclareChannel, std::move(steps), mode,
      mode == DeclareMode::kCheck ? DeclareRun::OnError::kStop : DeclareRun::OnError::kGoOn);
  run_->Start(connection);
  if (run_->done()) OnRunDone(connection);
}

void PublisherLink::OnRunDone(Connection& connection) {
  const absl::Status status = run_->status();
  run_.reset();
  if (channel_ == Channel::kClosed) {
    if (!status.ok()) {
      logger_->error("rabbitmq: what was declared before could not be declared again: {}",
                     std::string(status.message()));
    }
    return OpenChannel(connection);
  }
  const std::string exchange = std::exchange(probed_, {});
  if (status.code() != absl::StatusCode::kNotFound) {
    // It exists, or we may not look: then the publish itself tells.
    exchanges_.insert(exchange);
    return;
  }
  RefuseWaiting([&](const PublishRecord& record) -> std::optional<absl::Status> {
    if (record.exchange() != exchange) return std::nullopt;
    return Error(absl::StatusCode::kNotFound, Publish(record),
                 "the exchange does not exist; declare the channel first");
  });
}

void PublisherLink::OpenChannel(Connection& connection) {
  channel_ = Channel::kOpening;
  connection.Send(kPublishChannel, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{});
  connection.Send(kPublishChannel, AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t{});
}

void PublisherLink::OnDown(const absl::Status& why) {
  down_ = why;
  channel_ = Channel::kClosed;
  run_.reset();
  probed_.clear();
  exchanges_.clear();
  WriteAgain();
  UpdateHealth(nullptr);
}

void PublisherLink::WriteAgain() {
  returned_.reset();
  nacked_.MoveTo(waiting_);
  std::vector<PublishRecordPtr> again;
  window_.Restart([&](PublishRecordPtr record) {
    if (record->done) {
      again.push_back(std::move(record));
    } else {
      queue_.Return(std::move(record));
    }
  });
  waiting_.insert(waiting_.begin(), std::make_move_iterator(again.begin()),
                  std::make_move_iterator(again.end()));
}

// --- What the broker says ------------------------------------------------------------------------

void PublisherLink::OnFrame(Connection& connection, const amqp_frame_t& frame) {
  if (frame.channel == kDeclareChannel) {
    if (!run_ || frame.frame_type != AMQP_FRAME_METHOD) return;
    run_->OnMethod(connection, frame.payload.method);
    if (run_->done()) OnRunDone(connection);
    return;
  }
  if (frame.channel != kPublishChannel) return;
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return OnMethod(connection, frame.payload.method);
    case AMQP_FRAME_HEADER: {
      if (!returned_) return;
      const auto& properties =
          *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
      if (properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        returned_->id = ToView(properties.message_id);
      returned_->left = frame.payload.properties.body_size;
      break;
    }
    case AMQP_FRAME_BODY: {
      if (!returned_) return;
      const std::string_view part = ToView(frame.payload.body_fragment);
      returned_->body.append(part);
      returned_->left -= std::min<std::uint64_t>(returned_->left, part.size());
      break;
    }
    default:
      return;
  }
  if (returned_->left == 0) OnReturned();
}

void PublisherLink::OnMethod(Connection& connection, const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_CONFIRM_SELECT_OK_METHOD:
      channel_ = Channel::kReady;
      return;
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = *static_cast<const amqp_basic_ack_t*>(method.decoded);
      return OnConfirm(ack.delivery_tag, ack.multiple, true);
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = *static_cast<const amqp_basic_nack_t*>(method.decoded);
      return OnConfirm(nack.delivery_tag, nack.multiple, false);
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto& back = *static_cast<const amqp_basic_return_t*>(method.decoded);
      returned_.emplace();
      returned_->code = back.reply_code;
      returned_->text = ToView(back.reply_text);
      returned_->exchange = ToView(back.exchange);
      returned_->routing_key = ToView(back.routing_key);
      return;
    }
    case AMQP_CHANNEL_CLOSE_METHOD:
      return OnChannelClosed(connection, *static_cast<const amqp_channel_close_t*>(method.decoded));
    default:
      return;
  }
}

void PublisherLink::OnConfirm(std::uint64_t number, bool multiple, bool ack) {
  window_.Take(number, multiple, [&](PublishRecordPtr record) {
    PublishRecord& taken = *record;
    if (ack || !taken.done) return Finish(taken, absl::OkStatus(), std::move(record));
    if (window_.IsFollowed(taken)) {
      // Written again, it could come behind what was published after it.
      absl::Status status = Unknown(taken, "the broker could not take it (basic.nack)");
      return Finish(taken, std::move(status), std::move(record));
    }
    taken.nacked = true;
    nacked_.Add(std::move(record), settings_.runtime.Now());
  });
}

void PublisherLink::OnReturned() {
  // The return comes before the ack, which then only takes the record out of the window.
  const ReturnedMessage back = *std::exchange(returned_, std::nullopt);
  PublishRecord* const record = window_.Find(back.exchange, back.routing_key, back.id, back.body);
  if (!record) return;  // its deadline has passed meanwhile
  Finish(*record,
         Error(absl::StatusCode::kNotFound, Publish(*record),
               absl::StrCat("nobody would receive it: no queue for routing key '", back.routing_key,
                            "' (", back.code, " ", back.text, ")")),
         nullptr);
}

void PublisherLink::OnChannelClosed(Connection& connection, const amqp_channel_close_t& close) {
  const std::string_view text = ToView(close.reply_text);
  const std::optional<std::string_view> exchange = NamedExchange(text);
  const std::optional<std::size_t> size = NamedSize(text);
  const auto guilty = [&](const PublishRecord& record) {
    return (exchange && record.exchange() == *exchange) || (size && record.body().size() == *size);
  };
  bool found = false;
  window_.ForEach([&](PublishRecord& record) { found |= guilty(record); });

  // Whoever caused it gets the error. What else is lost with the channel is written again on the
  // next one; but where nobody can be blamed nothing is, or it would be closed again by the same
  // message for ever.
  window_.ForEach([&](PublishRecord& record) {
    if (found && !guilty(record)) return;
    absl::Status status = ReplyError(Publish(record), close.reply_code, text);
    if (!found) status = Unknown(record, StdView(status.message()));
    if (found && size) status = absl::InvalidArgumentError(status.message());
    Finish(record, std::move(status), nullptr);
  });
  logger_->warn(
      "rabbitmq: the publishing channel was closed by the broker: {} {}; it is opened again",
      close.reply_code, text);
  exchanges_.clear();
  WriteAgain();
  OpenChannel(connection);
}

// --- Writing -------------------------------------------------------------------------------------

absl::Time PublisherLink::OnTurn(Connection* connection) {
  blocked_ = connection ? connection->blocked() : std::nullopt;
  queue_.TakeAll(arrived_);
  for (PublishRecordPtr& record : arrived_) {
    NoteDeadline(record->deadline);
    record->number = ++last_number_;
    waiting_.push_back(std::move(record));
  }
  arrived_.clear();

  const absl::Time now = settings_.runtime.Now();
  if (now >= nacked_.due()) nacked_.MoveTo(waiting_);
  if (now >= sweep_at_) Expire(now);
  if (absl::IsUnauthenticated(down_) || absl::IsPermissionDenied(down_)) {
    // Waiting does not help.
    RefuseWaiting([&](const PublishRecord& record) -> std::optional<absl::Status> {
      if (record.written) return std::nullopt;
      return NotSent(record);
    });
  }
  if (connection) Pump(*connection);
  UpdateHealth(connection);
  queue_.Tell(outcomes_);
  return std::min(sweep_at_, nacked_.due());
}

void PublisherLink::Pump(Connection& connection) {
  while (channel_ == Channel::kReady && !run_ && !blocked_ && !waiting_.empty() &&
         !window_.full() && connection.out().pending().size() < kWriteAheadBytes) {
    if (!Write(connection)) return;
  }
}

bool PublisherLink::Write(Connection& connection) {
  PublishRecord& record = *waiting_.front();
  // A publish to an exchange that does not exist closes the channel, and takes with it what others
  // have on the way. So before the first one on each connection we look. (The default exchange,
  // without a name, always exists.)
  if (!record.exchange().empty() && !exchanges_.contains(AbslView(record.exchange()))) {
    probed_ = record.exchange();
    StartRun(connection, {{DeclareStep::Kind::kExchange, probed_, "", ""}}, DeclareMode::kCheck);
    return false;
  }
  PublishRecordPtr owner = std::move(waiting_.front());
  waiting_.pop_front();
  if (nacked_.Holds(record)) {
    nacked_.AddBehind(std::move(owner));
    return true;
  }
  if (record.properties().size() + 8 > connection.out().frame_max()) {
    Finish(record,
           Error(absl::StatusCode::kInvalidArgument, Publish(record),
                 absl::StrCat("headers and key are larger than the broker's frames of ",
                              connection.out().frame_max(), " bytes")),
           std::move(owner));
    return true;
  }
  connection.out().Content(kPublishChannel, record.method(), record.properties(), record.body());
  record.written = true;
  window_.Add(std::move(owner));
  return true;
}

// --- Outcomes ------------------------------------------------------------------------------------

void PublisherLink::Finish(PublishRecord& record, absl::Status status, PublishRecordPtr owner) {
  if (!record.done) {  // it has its outcome already
    if (owner) queue_.Return(std::move(owner));
    return;
  }
  outcomes_.push_back({std::exchange(record.done, nullptr), std::move(status), record.bytes(),
                       record.generation, std::move(owner)});
}

absl::Status PublisherLink::NotSent(const PublishRecord& record) const {
  if (record.nacked) {
    // One queue could not; another one may have it.
    return Unknown(record, "the broker could not take it before its deadline (basic.nack)");
  }
  if (record.written) {
    return Unknown(record, "written, but not confirmed before its deadline");
  }
  if (!down_.ok()) {
    const absl::StatusCode code = absl::IsUnauthenticated(down_) || absl::IsPermissionDenied(down_)
                                      ? down_.code()
                                      : absl::StatusCode::kUnavailable;
    return absl::Status(
        code, absl::StrCat("rabbitmq: ", Publish(record), ": not sent: ", down_.message()));
  }
  const std::string why =
      blocked_
          ? absl::StrCat("the broker blocks publishers: ", *blocked_)
          : std::string("the broker did not take it, nor those before it, before its deadline");
  return Error(absl::StatusCode::kUnavailable, Publish(record), absl::StrCat("not sent: ", why));
}

void PublisherLink::RefuseWaiting(
    absl::FunctionRef<std::optional<absl::Status>(const PublishRecord&)> refuse) {
  std::deque<PublishRecordPtr> kept;
  for (PublishRecordPtr& owner : waiting_) {
    PublishRecord& record = *owner;
    if (std::optional<absl::Status> status = refuse(record)) {
      Finish(record, *std::move(status), std::move(owner));
    } else {
      kept.push_back(std::move(owner));
    }
  }
  waiting_ = std::move(kept);
}

void PublisherLink::Expire(absl::Time now) {
  sweep_at_ = absl::InfiniteFuture();
  nacked_.MoveTo(waiting_);  // a little early: deadlines are for all
  RefuseWaiting([&](const PublishRecord& record) -> std::optional<absl::Status> {
    if (record.deadline <= now) return NotSent(record);
    NoteDeadline(record.deadline);
    return std::nullopt;
  });
  window_.ForEach([&](PublishRecord& record) {
    if (!record.done) return;
    if (record.deadline > now) return NoteDeadline(record.deadline);
    // It keeps its place in the window: the broker's confirm may still come, and numbers must not
    // shift.
    Finish(record, NotSent(record), nullptr);
  });
  sweep_at_ = std::max(sweep_at_, now + kSweepEvery);
}

void PublisherLink::OnEnd() {
  queue_.TakeAll(arrived_);
  for (PublishRecordPtr& record : arrived_) waiting_.push_back(std::move(record));
  arrived_.clear();
  WriteAgain();
  RefuseWaiting([](const PublishRecord& record) -> std::optional<absl::Status> {
    return Unknown(record, "the producer was closed before the broker confirmed it");
  });
  queue_.Tell(outcomes_);
  absl::MutexLock lock(&mu_);
  health_ = {false, "closed"};
}

// --- Health --------------------------------------------------------------------------------------

void PublisherLink::UpdateHealth(const Connection* connection) {
  Shown shown = Shown::kReady;
  if (connection == nullptr || connection->closed()) {
    shown = Shown::kDown;
  } else if (blocked_) {
    shown = Shown::kBlocked;
  } else if (!connection->answers()) {
    shown = Shown::kSilent;
  } else if (channel_ != Channel::kReady) {
    shown = Shown::kOpening;
  }
  if (shown == shown_ && (shown != Shown::kDown || shown_down_ == down_)) return;

  LinkHealth health;
  switch (shown) {
    case Shown::kReady:
      health = {true, "connected to " + settings_.address.Shown()};
      if (shown_ == Shown::kBlocked) logger_->info("rabbitmq: the broker takes publishes again");
      break;
    case Shown::kBlocked:
      health.detail = absl::StrCat("the broker blocks publishers: ", *blocked_);
      logger_->warn("rabbitmq: {}", health.detail);
      break;
    case Shown::kSilent:
      health.detail = "no answer from " + settings_.address.Shown();
      break;
    case Shown::kOpening:
      health.detail = "connected; the channel is being opened";
      break;
    case Shown::kDown:
      health.detail = std::string(down_.message());
      shown_down_ = down_;
      break;
  }
  shown_ = shown;
  absl::MutexLock lock(&mu_);
  health_ = std::move(health);
}

LinkHealth PublisherLink::GetHealth() const {
  absl::MutexLock lock(&mu_);
  return health_;
}

}  // namespace omnibus::rabbitmq
