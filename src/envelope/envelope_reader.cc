#include <span>

#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "envelope/envelope_names.h"
#include "envelope/quick_head.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

using envelope::Part;
using envelope::Spelling;

constexpr std::span<const Spelling> Fields(Dialect dialect) {
  if (dialect == Dialect::kCamel) return envelope::kCamelFields;
  return envelope::kSnakeFields;
}

std::string_view PayloadName(Dialect dialect) {
  return dialect == Dialect::kCamel ? "data" : "payload";
}

// Reads a field into `value`. One that has been read in another spelling must be the same.
template <typename T>
bool ReadPart(JsonValue& from, std::optional<T>& value) {
  T read = {};
  if (!from.Read(read)) return false;
  if (value.has_value() && *value != read) {
    return from.Fail("differs from the same field in the other spelling");
  }
  value = std::move(read);
  return true;
}

absl::Status UndeclaredType(std::string_view path, std::string_view name) {
  return absl::NotFoundError(absl::StrCat(
      AbslView(path), ": expected a declared event type, found ", internal::Quoted(name)));
}

std::string_view Header(const ReceivedMessage& message, std::string_view name) {
  for (const HeaderView& header : message.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// Headers and properties that cannot be read count as absent.
std::optional<Uuid> OptionalUuid(std::string_view text) {
  Uuid uuid = {};
  if (!internal::ReadUuid(text, uuid)) return std::nullopt;
  return uuid;
}

}  // namespace

absl::Status EnvelopeReader::Open(Dialect dialect, const ReceivedMessage& message,
                                  EventTypeLookup lookup) {
  dialect_ = dialect;
  body_text_ = message.body;
  if (OpenQuickly(message, lookup)) return absl::OkStatus();
  quick_payload_ = {};
  ResetMetadata();
  if (!ReadHead()) return body_.status();
  metadata_.id = *id_;
  metadata_.occurred_at = *occurred_at_;
  TakeHeaders(message);
  return FindType(message, type_name_ ? std::string_view(*type_name_) : std::string_view(), lookup);
}

bool EnvelopeReader::OpenQuickly(const ReceivedMessage& message, EventTypeLookup lookup) {
  // What is cut off is refused before anybody looks at its type.
  if (message.body.empty() || message.body.back() != '}') return false;
  envelope::QuickHead head;
  if (!envelope::ReadQuickHead(dialect_, message.body, head)) return false;
  ResetMetadata();
  id_ = head.id;
  occurred_at_ = head.occurred_at;
  correlation_id_.reset();
  idempotency_key_.reset();
  if (dialect_ == Dialect::kSnake) {
    correlation_id_ = head.correlation_id;
    idempotency_key_ = head.idempotency_key;
  }
  metadata_.id = head.id;
  metadata_.occurred_at = head.occurred_at;
  TakeHeaders(message);
  quick_payload_ = head.payload;
  return FindType(message, head.type, lookup).ok() && type_->read != nullptr;
}

void EnvelopeReader::ResetMetadata() {
  type_ = nullptr;
  // Member by member, to keep the buffers.
  metadata_.type.clear();
  metadata_.causation_id.reset();
  metadata_.traceparent.clear();
  metadata_.key.clear();
  metadata_.headers.clear();
}

bool EnvelopeReader::ReadHead() {
  id_.reset();
  type_name_.reset();
  occurred_at_.reset();
  correlation_id_.reset();
  idempotency_key_.reset();
  met_ = {};
  at_payload_ = false;
  has_payload_ = false;
  if (!body_.Start(body_text_) || !body_.BeginObject() || !ReadFields(/*stop_at_payload=*/true)) {
    return false;
  }
  if (at_payload_) return true;
  if (!body_.Finish()) return false;
  if (HasAllButPayload() && has_payload_) return true;
  FailMissing();
  return false;
}

absl::Status EnvelopeReader::ReadPayload(void* event) {
  if (!ReadPayloadQuickly(event)) {
    const absl::Status status = ReadPayloadGenerally(event);
    if (!status.ok()) return status;
  }
  if (metadata_.key.empty()) type_->append_key(event, metadata_.key);
  return absl::OkStatus();
}

bool EnvelopeReader::ReadPayloadQuickly(void* event) {
  if (quick_payload_.data() == nullptr) return false;
  const char* const behind = type_->read(quick_payload_, PayloadNaming(dialect_), event);
  const char* const end = quick_payload_.data() + quick_payload_.size();
  return behind != nullptr && end - behind == 1 && *behind == '}';
}

absl::Status EnvelopeReader::ReadPayloadGenerally(void* event) {
  if (quick_payload_.data() != nullptr) {
    // Anything may have got into the event.
    type_->destroy(event);
    type_->construct(event);
    if (!ReadHead()) return body_.status();
  }
  const Naming naming = PayloadNaming(dialect_);
  if (at_payload_) {
    at_payload_ = false;
    const absl::Status status = type_->decode(body_, naming, event);
    if (!status.ok()) return status;
    has_payload_ = true;
    if (!ReadFields(/*stop_at_payload=*/false) || !body_.Finish()) return body_.status();
  } else {
    if (!early_.Start(early_payload_, PayloadName(dialect_))) return early_.status();
    const absl::Status status = type_->decode(early_, naming, event);
    if (!status.ok()) return status;
    if (!early_.Finish()) return early_.status();
  }
  return absl::OkStatus();
}

bool EnvelopeReader::ReadFields(bool stop_at_payload) {
  const std::span<const Spelling> fields = Fields(dialect_);
  for (std::string_view name; body_.NextField(name);) {
    std::size_t index = 0;
    while (index < fields.size() && fields[index].name != name) ++index;
    if (index == fields.size()) {
      if (!body_.Skip()) return false;
      continue;
    }
    if (met_[index]) return body_.Fail("given twice");
    met_[index] = true;
    if (fields[index].part == Part::kPayload && stop_at_payload && HasAllButPayload()) {
      at_payload_ = true;
      return true;
    }
    if (!ReadField(index)) return false;
  }
  return body_.ok();
}

bool EnvelopeReader::ReadField(std::size_t spelling) {
  switch (Fields(dialect_)[spelling].part) {
    case Part::kId:
      return ReadPart(body_, id_);
    case Part::kType:
      return ReadPart(body_, type_name_);
    case Part::kOccurredAt:
      return ReadPart(body_, occurred_at_);
    case Part::kCorrelationId:
      return ReadPart(body_, correlation_id_);
    case Part::kIdempotencyKey:
      return ReadPart(body_, idempotency_key_);
    case Part::kPayload:
      has_payload_ = true;
      return body_.Skip(early_payload_);
  }
  return false;
}

bool EnvelopeReader::HasAllButPayload() const {
  if (!id_ || !occurred_at_) return false;
  return dialect_ == Dialect::kCamel ? type_name_.has_value()
                                     : correlation_id_.has_value() && idempotency_key_.has_value();
}

bool EnvelopeReader::FailMissing() {
  const auto is_missing = [this](Part part) {
    switch (part) {
      case Part::kId:
        return !id_.has_value();
      case Part::kType:
        return !type_name_.has_value();
      case Part::kOccurredAt:
        return !occurred_at_.has_value();
      case Part::kCorrelationId:
        return !correlation_id_.has_value();
      case Part::kIdempotencyKey:
        return !idempotency_key_.has_value();
      case Part::kPayload:
        return !has_payload_;
    }
    return false;
  };
  for (const Spelling& field : Fields(dialect_)) {
    if (is_missing(field.part)) return body_.FailMissing(field.name);
  }
  return true;
}

absl::Status EnvelopeReader::FindType(const ReceivedMessage& message, std::string_view name,
                                      EventTypeLookup lookup) {
  if (dialect_ == Dialect::kCamel) {
    metadata_.type = name;
    type_ = lookup(metadata_.type);
    return type_ != nullptr ? absl::OkStatus() : UndeclaredType("eventType", metadata_.type);
  }

  // A message that was put straight into a queue was routed by the queue's name.
  name = message.routing_key;
  type_ = lookup(name);
  if (type_ == nullptr) {
    if (!message.type.empty()) {
      name = message.type;
    } else if (const std::string_view header = Header(message, envelope::kEventTypeHeader);
               !header.empty()) {
      name = header;
    }
    type_ = lookup(name);
  }
  metadata_.type = name;
  if (type_ != nullptr) return absl::OkStatus();
  if (!name.empty()) return UndeclaredType("(message)", name);
  return absl::InvalidArgumentError(
      "(message): has no event type: no routing key, no type property, no event_type header");
}

void EnvelopeReader::TakeHeaders(const ReceivedMessage& message) {
  metadata_.key = message.key;
  std::optional<Uuid> correlation_id = correlation_id_;
  std::optional<Uuid> idempotency_key = idempotency_key_;
  if (!correlation_id) correlation_id = OptionalUuid(message.correlation_id);
  for (const HeaderView& header : message.headers) {
    if (header.name == envelope::kCorrelationIdHeader) {
      if (!correlation_id) correlation_id = OptionalUuid(header.value);
    } else if (header.name == envelope::kIdempotencyKeyHeader) {
      if (!idempotency_key) idempotency_key = OptionalUuid(header.value);
    } else if (header.name == envelope::kCausationIdHeader) {
      if (!metadata_.causation_id) metadata_.causation_id = OptionalUuid(header.value);
    } else if (header.name == envelope::kTraceparentHeader) {
      metadata_.traceparent = header.value;
    } else if (header.name == envelope::kPartitionKeyHeader) {
      if (metadata_.key.empty()) metadata_.key = header.value;
    } else if (!IsEnvelopeHeader(header.name)) {
      metadata_.headers.push_back({std::string(header.name), std::string(header.value)});
    }
  }
  metadata_.correlation_id = correlation_id.value_or(*id_);
  metadata_.idempotency_key = idempotency_key.value_or(*id_);
}

}  // namespace omnibus
