#include "transports/rabbitmq/declare_run.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

std::string Describe(const DeclareStep& step) {
  switch (step.kind) {
    case DeclareStep::Kind::kExchange:
      return absl::StrCat("exchange '", step.name, "'");
    case DeclareStep::Kind::kQueue:
      return absl::StrCat("queue '", step.name, "'");
    case DeclareStep::Kind::kBinding:
      break;
  }
  return absl::StrCat("binding of queue '", step.name, "' to exchange '", step.exchange, "' by '",
                      step.type, "'");
}

}  // namespace

void DeclareRun::Start(Connection& connection) {
  if (steps_.empty()) {
    state_ = State::kDone;
    return;
  }
  Open(connection);
}

void DeclareRun::Open(Connection& connection) {
  state_ = State::kOpening;
  connection.Send(channel_, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{});
}

void DeclareRun::Next(Connection& connection) {
  // Bindings cannot be looked at over AMQP.
  while (mode_ == DeclareMode::kCheck && next_ < steps_.size() &&
         steps_[next_].kind == DeclareStep::Kind::kBinding) {
    ++next_;
  }
  if (next_ < steps_.size()) {
    state_ = State::kRunning;
    return SendStep(connection, steps_[next_++]);
  }
  state_ = State::kClosing;
  amqp_channel_close_t close{};
  close.reply_code = AMQP_REPLY_SUCCESS;
  connection.Send(channel_, AMQP_CHANNEL_CLOSE_METHOD, close);
}

void DeclareRun::SendStep(Connection& connection, const DeclareStep& step) {
  const bool passive = mode_ == DeclareMode::kCheck;
  switch (step.kind) {
    case DeclareStep::Kind::kExchange: {
      amqp_exchange_declare_t declare{};
      declare.exchange = ToBytes(step.name);
      declare.type = amqp_cstring_bytes("topic");
      declare.passive = passive;
      declare.durable = true;
      return connection.Send(channel_, AMQP_EXCHANGE_DECLARE_METHOD, declare);
    }
    case DeclareStep::Kind::kQueue: {
      std::array<amqp_table_entry_t, 2> arguments{};
      arguments[0].key = amqp_cstring_bytes("x-queue-type");
      arguments[0].value.kind = AMQP_FIELD_KIND_UTF8;
      arguments[0].value.value.bytes = amqp_cstring_bytes("quorum");
      arguments[1].key = amqp_cstring_bytes("x-delivery-limit");
      arguments[1].value.kind = AMQP_FIELD_KIND_I32;
      arguments[1].value.value.i32 = -1;
      amqp_queue_declare_t declare{};
      declare.queue = ToBytes(step.name);
      declare.passive = passive;
      declare.durable = true;
      // RabbitMQ 4 drops what was given back 20 times, unless it is told -1; to RabbitMQ 3, which
      // has no such limit, -1 means 0.
      declare.arguments = {connection.server_major_version() >= 4 ? 2 : 1, arguments.data()};
      return connection.Send(channel_, AMQP_QUEUE_DECLARE_METHOD, declare);
    }
    case DeclareStep::Kind::kBinding: {
      amqp_queue_bind_t bind{};
      bind.queue = ToBytes(step.name);
      bind.exchange = ToBytes(step.exchange);
      bind.routing_key = ToBytes(step.type);
      return connection.Send(channel_, AMQP_QUEUE_BIND_METHOD, bind);
    }
  }
}

void DeclareRun::OnMethod(Connection& connection, const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_QUEUE_DECLARE_OK_METHOD: {
      const auto& declared = *static_cast<const amqp_queue_declare_ok_t*>(method.decoded);
      messages_ = declared.message_count;
      consumers_ = declared.consumer_count;
      return Next(connection);
    }
    case AMQP_CHANNEL_OPEN_OK_METHOD:
    case AMQP_EXCHANGE_DECLARE_OK_METHOD:
    case AMQP_QUEUE_BIND_OK_METHOD:
      return Next(connection);
    case AMQP_CHANNEL_CLOSE_METHOD:
      return OnClosed(connection, *static_cast<const amqp_channel_close_t*>(method.decoded));
    case AMQP_CHANNEL_CLOSE_OK_METHOD:
      state_ = State::kDone;
      return;
    default:
      return;
  }
}

void DeclareRun::OnClosed(Connection& connection, const amqp_channel_close_t& close) {
  if (state_ == State::kClosing) {  // both sides closed it at once; our close is answered too
    return;
  }
  const std::string what = next_ == 0 ? "a channel" : Describe(steps_[next_ - 1]);
  absl::Status status;
  if (mode_ == DeclareMode::kCheck && close.reply_code == AMQP_NOT_FOUND) {
    status = Error(absl::StatusCode::kNotFound, "check",
                   absl::StrCat(what, " does not exist; let omnibus declare it, or have it made"));
  } else {
    const std::string_view verb = mode_ == DeclareMode::kCheck ? "check " : "declare ";
    status =
        ReplyError(absl::StrCat(AbslView(verb), what), close.reply_code, ToView(close.reply_text));
    if (close.reply_code == AMQP_PRECONDITION_FAILED) {
      status = absl::Status(
          status.code(),
          absl::StrCat(status.message(),
                       "; it exists with other properties: delete it, or choose another name"));
    }
  }
  if (status_.ok()) status_ = status;
  if (on_error_ == OnError::kStop || next_ >= steps_.size() || next_ == 0) {
    state_ = State::kDone;
    return;
  }
  Open(connection);
}

}  // namespace omnibus::rabbitmq
