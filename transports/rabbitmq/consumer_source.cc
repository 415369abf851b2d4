#include "transports/rabbitmq/consumer_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"
#include "transports/rabbitmq/properties.h"

namespace omnibus::rabbitmq {
namespace {

// What a header says about the size of a body is not believed beyond this before it has come.
constexpr std::uint64_t kTrustedBodyBytes = 16u << 20;

constexpr int kMostDoublings = 3;
constexpr int kMostPrefetch = 65535;

std::string BrowserTag(int number) { return absl::StrFormat("%06d", number); }

}  // namespace

std::string ConsumerSource::Describe() const {
  if (spec_.kind == SourceSpec::Kind::kTemporary) {
    return absl::StrCat("a queue of its own on '", AbslView(spec_.channel), "'");
  }
  return absl::StrCat("queue '", spec_.queue, "'");
}

void ConsumerSource::Open(Connection& connection) {
  state_ = State::kOpening;
  status_ = absl::OkStatus();
  // All at once: the broker takes one after the other, and closes the channel at the first that
  // fails.
  connection.Send(channel(), AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{});
  if (spec_.kind == SourceSpec::Kind::kTemporary) DeclareTemporary(connection);
  browsers_ = 0;
  counting_ = counted_ = told_ = false;
  waiting_.reset();
  answers_ = 0;
  Consume(connection);
}

void ConsumerSource::DeclareTemporary(Connection& connection) {
  amqp_queue_declare_t declare{};  // the broker gives it a name; an empty one then means this queue
  declare.exclusive = true;
  declare.auto_delete = true;
  connection.Send(channel(), AMQP_QUEUE_DECLARE_METHOD, declare);
  amqp_queue_bind_t bind{};
  bind.exchange = ToBytes(spec_.channel);
  bind.routing_key = amqp_cstring_bytes("#");
  if (spec_.types.empty()) connection.Send(channel(), AMQP_QUEUE_BIND_METHOD, bind);
  for (const std::string& type : spec_.types) {
    bind.routing_key = ToBytes(type);
    connection.Send(channel(), AMQP_QUEUE_BIND_METHOD, bind);
  }
}

void ConsumerSource::Consume(Connection& connection) {
  // What is not acknowledged goes back consumer by consumer, in the order of their tags as long as
  // these are few. So a browser's are written alike, and each of them takes more than the last.
  const std::string tag = BrowserTag(++browsers_);
  window_ = spec_.prefetch;
  if (spec_.kind == SourceSpec::Kind::kBrowse) {
    window_ = std::min(spec_.prefetch << std::min(browsers_ - 1, kMostDoublings), kMostPrefetch);
  }
  amqp_basic_qos_t qos{};
  qos.prefetch_count = static_cast<std::uint16_t>(window_);
  qos.global = false;  // for each consumer: quorum queues refuse the other kind
  connection.Send(channel(), AMQP_BASIC_QOS_METHOD, qos);
  delivered_ = settled_ = acknowledged_ = 0;
  amqp_basic_consume_t consume{};
  consume.queue = ToBytes(spec_.queue);
  consume.consumer_tag = ToBytes(tag);
  connection.Send(channel(), AMQP_BASIC_CONSUME_METHOD, consume);
}

void ConsumerSource::OnFrame(Connection& connection, const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return OnMethod(connection, frame.payload.method);
    case AMQP_FRAME_HEADER:
      return OnHeader(frame);
    case AMQP_FRAME_BODY:
      return OnBody(ToView(frame.payload.body_fragment));
    default:
      return;
  }
}

void ConsumerSource::OnMethod(Connection& connection, const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD:
      return OnDeliver(*static_cast<const amqp_basic_deliver_t*>(method.decoded));
    case AMQP_BASIC_CONSUME_OK_METHOD:
      if (state_ != State::kOpening) return;  // the next browser
      state_ = State::kConsuming;
      epoch_ = ++next_epoch_;
      Append(ConsumerEvent::Kind::kAssigned);
      if (spec_.side) Count(connection);
      return;
    case AMQP_QUEUE_DECLARE_OK_METHOD:
      if (spec_.kind != SourceSpec::Kind::kShared) return;
      return OnCounted(connection, *static_cast<const amqp_queue_declare_ok_t*>(method.decoded));
    case AMQP_BASIC_CANCEL_METHOD: {
      const auto& cancel = *static_cast<const amqp_basic_cancel_t*>(method.decoded);
      if (!cancel.nowait) {
        connection.Send(channel(), AMQP_BASIC_CANCEL_OK_METHOD,
                        amqp_basic_cancel_ok_t{cancel.consumer_tag});
      }
      Lose(Error(absl::StatusCode::kNotFound, "consume " + Describe(),
                 "the broker cancelled the consumer: the queue was deleted"));
      return Close(connection);
    }
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const auto& close = *static_cast<const amqp_channel_close_t*>(method.decoded);
      Lose(ReplyError("consume " + Describe(), close.reply_code, ToView(close.reply_text)));
      if (state_ != State::kClosing) state_ = State::kClosed;  // our own close is answered, too
      return;
    }
    case AMQP_CHANNEL_CLOSE_OK_METHOD:
      state_ = State::kClosed;
      return;
    default:
      return;
  }
}

void ConsumerSource::Count(Connection& connection) {
  if (counting_ || state_ != State::kConsuming) return;
  counting_ = true;
  waiting_.reset();
  amqp_queue_declare_t look{};
  look.queue = ToBytes(spec_.queue);
  look.passive = true;
  connection.Send(channel(), AMQP_QUEUE_DECLARE_METHOD, look);
}

void ConsumerSource::OnCounted(Connection& connection, const amqp_queue_declare_ok_t& answer) {
  counting_ = false;
  waiting_ = answer.message_count;
  if (!spec_.side) return;
  ++answers_;
  const bool quiet = delivered_ == std::exchange(delivered_at_answer_, delivered_);
  // The answer tells what nobody has yet. The first one may come before messages that had been
  // given to us already; no second one does.
  if (answers_ == 1) return Count(connection);
  // Another consumer may be one whose connection is just ending, and what it holds is coming back.
  // A second from now that is over.
  if (answers_ == 2 && answer.consumer_count > 1) return;
  const int all = delivered_ + static_cast<int>(answer.message_count);
  if (!counted_) {
    counted_ = true;
    expected_ = all;
  } else if (quiet) {  // others have got some of what we expected
    expected_ = std::min(expected_, all);
  }
  TellCaughtUp();
}

void ConsumerSource::OnDeliver(const amqp_basic_deliver_t& deliver) {
  if (state_ != State::kConsuming) return;  // it goes back with the channel
  message_.emplace();
  message_->owner = pool_.Take();
  Delivery& delivery = DeliveryPool::Of(message_->owner);
  delivery.routing_key.assign(ToView(deliver.routing_key));
  message_->channel = spec_.channel;
  message_->routing_key = delivery.routing_key;
  message_->redelivered = deliver.redelivered;
  message_->tag = {epoch_, spec_.index, static_cast<std::int64_t>(deliver.delivery_tag)};
  has_header_ = false;
}

void ConsumerSource::OnHeader(const amqp_frame_t& frame) {
  if (!message_) return;
  Delivery& delivery = DeliveryPool::Of(message_->owner);
  const auto& header = frame.payload.properties;
  ReadProperties(*static_cast<const amqp_basic_properties_t*>(header.decoded), delivery.text,
                 *message_);
  has_header_ = true;
  body_left_ = header.body_size;
  delivery.body.reserve(static_cast<std::size_t>(std::min(body_left_, kTrustedBodyBytes)));
  if (body_left_ == 0) OnBody({});
}

void ConsumerSource::OnBody(std::string_view part) {
  if (!message_ || !has_header_) return;
  Delivery& delivery = DeliveryPool::Of(message_->owner);
  // A copy: the frame's memory belongs to rabbitmq-c, which reuses it for the next one.
  delivery.body.append(part);
  body_left_ -= std::min<std::uint64_t>(body_left_, part.size());
  if (body_left_ > 0) return;
  message_->body = delivery.body;
  ++delivered_;
  events_.emplace_back().message = *std::move(message_);
  message_.reset();
  TellCaughtUp();
}

void ConsumerSource::Settle(Connection& connection, std::int64_t delivery_tag, bool taken) {
  if (state_ != State::kConsuming) return;
  if (spec_.kind != SourceSpec::Kind::kBrowse) return Acknowledge(connection, delivery_tag);
  if (taken) taken_.push_back(delivery_tag);
  if (++settled_ < delivered_ || delivered_ < window_) return;
  // What a cancelled consumer holds stays with the channel, and does not count for the next
  // consumer. Only then is anything acknowledged: before, it would be given another one for that,
  // and hold what is not in one piece.
  const std::string tag = BrowserTag(browsers_);
  amqp_basic_cancel_t cancel{};
  cancel.consumer_tag = ToBytes(tag);
  cancel.nowait = true;
  connection.Send(channel(), AMQP_BASIC_CANCEL_METHOD, cancel);
  AcknowledgeTaken(connection);
  Consume(connection);
}

void ConsumerSource::Acknowledge(Connection& connection, std::int64_t delivery_tag) {
  amqp_basic_ack_t ack{};
  ack.delivery_tag = static_cast<std::uint64_t>(delivery_tag);
  ack.multiple = false;  // never over one that still runs
  ++acknowledged_;
  connection.Send(channel(), AMQP_BASIC_ACK_METHOD, ack);
}

void ConsumerSource::AcknowledgeTaken(Connection& connection) {
  for (const std::int64_t delivery_tag : taken_) Acknowledge(connection, delivery_tag);
  taken_.clear();
}

void ConsumerSource::Close(Connection& connection) {
  if (state_ == State::kClosed || state_ == State::kClosing) return;
  AcknowledgeTaken(connection);
  state_ = State::kClosing;
  message_.reset();
  amqp_channel_close_t close{};
  close.reply_code = AMQP_REPLY_SUCCESS;
  connection.Send(channel(), AMQP_CHANNEL_CLOSE_METHOD, close);
}

void ConsumerSource::GiveUp(Connection& connection, absl::Status why) {
  Lose(std::move(why));
  Close(connection);
}

void ConsumerSource::OnConnectionLost(const absl::Status& why) {
  Lose(why);
  state_ = State::kClosed;
}

void ConsumerSource::Append(ConsumerEvent::Kind kind) {
  ConsumerEvent& event = events_.emplace_back();
  event.kind = kind;
  event.epoch = epoch_;
  event.sources.push_back(spec_.index);
}

void ConsumerSource::TellCaughtUp() {
  if (told_ || !spec_.side || state_ != State::kConsuming) return;
  // When the window is full, nothing more comes before something of it is settled.
  if (!caught_up() && !is_full()) return;
  told_ = true;
  Append(ConsumerEvent::Kind::kCaughtUp);
}

void ConsumerSource::Lose(absl::Status why) {
  message_.reset();
  taken_.clear();
  status_ = std::move(why);
  if (epoch_ == 0) return;
  Append(ConsumerEvent::Kind::kLost);
  epoch_ = 0;
}

}  // namespace omnibus::rabbitmq
