#include "dead/replay_message.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bus/retry_queue.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/uuid.h"

namespace omnibus::dead {
namespace {

struct Field {
  std::string name;
  std::string text;  // JSON
};

// The fields of one object, in their order; none for what is no object alone.
std::vector<Field> FieldsOf(std::string_view json) {
  std::vector<Field> fields;
  JsonValue value;
  if (!value.Start(json) || !value.BeginObject()) return {};
  std::string_view name;
  while (value.NextField(name)) {
    Field& field = fields.emplace_back();
    field.name = name;
    std::string_view text;
    if (!value.Skip(text)) return {};
    field.text = text;
  }
  if (!value.ok() || !value.Finish()) return {};
  return fields;
}

bool Has(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return true;
  }
  return false;
}

std::string_view PayloadField(Dialect dialect) {
  return dialect == Dialect::kCamel ? "data" : "payload";
}

bool IsWhole(const std::vector<Field>& fields, Dialect dialect) {
  return Has(fields, PayloadField(dialect)) && (Has(fields, "event_id") || Has(fields, "eventId"));
}

// A field's name, which was read from JSON, as JSON.
std::string Quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&text, "\\u%04x", static_cast<unsigned char>(c));
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

// The message with another payload, all else as it was.
std::string WithPayload(std::vector<Field> fields, Dialect dialect, std::string_view payload) {
  std::string body = "{";
  for (const Field& field : fields) {
    if (body.size() > 1) body += ',';
    body += Quoted(field.name);
    body += ':';
    body += field.name == PayloadField(dialect) ? payload : std::string_view(field.text);
  }
  return body + "}";
}

// In the spelling of the wire; a person may have written that of the struct.
absl::StatusOr<std::string> PayloadOnTheWire(const EventType& type, std::string_view edited,
                                             Dialect dialect) {
  const Naming naming = PayloadNaming(dialect);
  if (ParsePayload(type, edited, naming, PayloadField(dialect)).ok()) return std::string(edited);
  absl::StatusOr<EventPointer> event =
      ParsePayloadInEitherNaming(type, edited, naming, PayloadField(dialect));
  if (!event.ok()) return event.status();
  return FormatPayload(type, event->get(), naming);
}

absl::Status Different(std::string_view what, const Uuid& is, const Uuid& was) {
  return absl::InvalidArgumentError(absl::StrCat(
      "the edited message has another ", AbslView(what), " (", ToString(is), " instead of ",
      ToString(was), "): it would be another event; publish it as one, and purge this one"));
}

}  // namespace

ReplayTarget TargetOf(const DeadQueue& queue, const Capabilities& capabilities) {
  if (capabilities.side_queues) {
    return {Destination::kQueue, RetryQueue(queue.channel, queue.module), true};
  }
  return {Destination::kChannel, queue.channel, false};
}

ReplayMessage::ReplayMessage(const ReceivedMessage& message, const BuriedMessage& buried,
                             const ReplayTarget& target, std::string_view body,
                             std::span<const HeaderView> added)
    : replayed_(absl::StrCat(buried.replayed + 1)),
      partition_(absl::StrCat(buried.partition.value_or(-1))),
      offset_(absl::StrCat(buried.offset.value_or(-1))) {
  for (const HeaderView& header : message.headers) {
    if (!IsDeathHeader(header.name) && header.name != kReplayedHeader) headers_.push_back(header);
  }
  headers_.push_back({kReplayedHeader, replayed_});
  headers_.insert(headers_.end(), added.begin(), added.end());
  // Should it die or be parked again.
  if (target.destination == Destination::kQueue && buried.partition.has_value()) {
    headers_.push_back({"retry_partition", partition_});
  }
  if (target.destination == Destination::kQueue && buried.offset.has_value()) {
    headers_.push_back({"retry_offset", offset_});
  }
  message_.destination = target.destination;
  message_.channel = target.name;
  message_.mandatory = target.mandatory;
  message_.type = message.type;
  message_.key = message.key;
  // Back to whoever owns the original's part of the channel.
  if (target.destination == Destination::kQueue) message_.partition = buried.partition.value_or(-1);
  message_.id = message.id;
  message_.correlation_id = message.correlation_id;
  message_.body = body;
  message_.headers = headers_;
}

absl::StatusOr<std::string> EditedBody(const ReceivedMessage& message, Dialect dialect,
                                       std::string_view edited, EventTypeLookup lookup) {
  edited = StdView(absl::StripAsciiWhitespace(AbslView(edited)));
  EnvelopeReader before;
  const absl::Status readable = before.Open(dialect, message, lookup);
  std::string body;
  if (IsWhole(FieldsOf(edited), dialect)) {
    body = edited;
  } else {
    if (!readable.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the dead letter's own envelope cannot be read (", readable.message(),
                       "): give the whole message, and not the payload alone"));
    }
    absl::StatusOr<std::string> payload = PayloadOnTheWire(before.type(), edited, dialect);
    if (!payload.ok()) return payload.status();
    body = WithPayload(FieldsOf(message.body), dialect, *payload);
  }

  ReceivedMessage after;
  after.routing_key = message.routing_key;
  after.type = message.type;
  after.key = message.key;
  after.id = message.id;
  after.correlation_id = message.correlation_id;
  after.headers = message.headers;
  after.body = body;
  EnvelopeReader reader;
  absl::Status status = reader.Open(dialect, after, lookup);
  if (absl::IsNotFound(status)) {
    return absl::InvalidArgumentError(
        absl::StrCat("nobody declared the event type \"", reader.metadata().type, "\""));
  }
  if (!status.ok()) return status;
  const EventPointer event = NewEvent(reader.type());
  if (status = reader.ReadPayload(event.get()); !status.ok()) return status;
  if (readable.ok()) {
    const Metadata& is = reader.metadata();
    const Metadata& was = before.metadata();
    if (is.id != was.id) return Different("event id", is.id, was.id);
    if (is.idempotency_key != was.idempotency_key) {
      return Different("idempotency key", is.idempotency_key, was.idempotency_key);
    }
  }
  return body;
}

}  // namespace omnibus::dead
