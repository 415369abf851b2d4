#include <algorithm>
#include <cstring>
#include <new>

#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "envelope/envelope_names.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec_put.h"
#include "omnibus/internal/codec_words.h"

namespace omnibus {
namespace {

using internal::JsonOutput;

// The longest head is snake's: three uuids and a time, and 100 characters between them.
constexpr std::size_t kHeadBound = 400;
constexpr std::size_t kCamelIdAt = std::string_view(R"({"eventId":")").size();
constexpr std::size_t kSnakeIdAt = std::string_view(R"({"event_id":")").size();

// Fixed text.
template <std::size_t Size>
char* Put(char* at, const char (&text)[Size]) {
  std::memcpy(at, text, Size - 1);
  return at + Size - 1;
}

template <std::size_t Size>
std::string_view Write(const Uuid& uuid, std::array<char, Size>& text) {
  static_assert(Size >= internal::kUuidText + 4);  // PutUuid stores as much
  return {text.data(),
          static_cast<std::size_t>(internal::PutUuid(text.data(), uuid) - text.data())};
}

std::string_view UuidAt(const JsonOutput& body, std::size_t offset) {
  return body.View().substr(offset, internal::kUuidText);
}

}  // namespace

absl::Status EnvelopeWriter::WriteBody(Dialect dialect, const Metadata& metadata,
                                       const EventType& type, const void* event) {
  // None of these has a character that JSON would escape: the type's were checked with its
  // contract.
  body_.Clear();
  const std::string_view name = type.contract->type;
  char* at = body_.Reserve(kHeadBound + name.size());
  if (dialect == Dialect::kCamel) {
    at = internal::PutUuid(Put(at, R"({"eventId":")"), metadata.id);
    at = Put(at, R"(","eventType":")");
    at = internal::PutShort(at, name.data(), name.size());
    at = Put(at, R"(","occurredAt":")");
    at = internal::PutTimestamp(at, metadata.occurred_at, body_.dates());
    at = Put(at, R"(","data":)");
  } else {
    at = internal::PutUuid(Put(at, R"({"event_id":")"), metadata.id);
    at = Put(at, R"(","occurred_at":")");
    at = internal::PutTimestamp(at, metadata.occurred_at, body_.dates());
    at = Put(at, R"(","correlation_id":")");
    correlation_id_at_ = static_cast<std::size_t>(at - body_.View().data());
    at = internal::PutUuid(at, metadata.correlation_id);
    at = Put(at, R"(","idempotency_key":")");
    at = internal::PutUuid(at, metadata.idempotency_key);
    at = Put(at, R"(","payload":)");
  }
  body_.Commit(at);
  const Naming naming = PayloadNaming(dialect);
  if (!type.write(event, naming, body_)) {
    return body_.status(naming == Naming::kCamel ? "data" : "payload");
  }
  body_.CommitOne('}');
  return absl::OkStatus();
}

absl::Status EnvelopeWriter::Write(Dialect dialect, const Capabilities& capabilities,
                                   const Metadata& metadata, const EventType& type,
                                   const void* event) {
  absl::Status status = WriteBody(dialect, metadata, type, event);
  if (!status.ok()) return status;

  // What is a field of the body is not written twice.
  const bool camel = dialect == Dialect::kCamel;
  const std::string_view id = UuidAt(body_, camel ? kCamelIdAt : kSnakeIdAt);
  std::string_view correlation_id;
  if (camel) {
    correlation_id = omnibus::Write(metadata.correlation_id, correlation_id_);
  } else {
    correlation_id = UuidAt(body_, correlation_id_at_);
  }

  headers_.clear();
  if (camel) {
    if (!capabilities.properties) AddHeader(envelope::kCorrelationIdHeader, correlation_id);
    AddHeader(envelope::kIdempotencyKeyHeader,
              omnibus::Write(metadata.idempotency_key, idempotency_key_));
  } else if (!capabilities.properties) {
    AddHeader(envelope::kEventTypeHeader, type.contract->type);
  }
  if (metadata.causation_id) {
    AddHeader(envelope::kCausationIdHeader, omnibus::Write(*metadata.causation_id, causation_id_));
  }
  if (!metadata.traceparent.empty()) {
    AddHeader(envelope::kTraceparentHeader, metadata.traceparent);
  }
  status = AddApplicationHeaders(metadata);
  if (!status.ok()) return status;

  key_.clear();
  if (metadata.key.empty()) type.append_key(event, key_);

  // Made in place, like headers: a temporary that is copied is read in larger pieces than it was
  // just written in, for which the processor waits (25 ns).
  ::new (static_cast<void*>(&message_))
      OutgoingMessage{.channel = type.contract->channel,
                      .type = type.contract->type,
                      .key = metadata.key.empty() ? key_ : metadata.key,
                      .id = id,
                      .correlation_id = correlation_id,
                      .body = body_.View(),
                      .headers = headers_};
  return absl::OkStatus();
}

void EnvelopeWriter::AddHeader(std::string_view name, std::string_view value) {
  HeaderView& header = headers_.emplace_back();
  header.name = name;
  header.value = value;
}

absl::Status EnvelopeWriter::AddApplicationHeaders(const Metadata& metadata) {
  for (const NamedValue& header : metadata.headers) {
    const char* problem = nullptr;
    if (header.name.empty()) {
      problem = "a header needs a name";
    } else if (IsEnvelopeHeader(header.name)) {
      problem = "the envelope's own header: choose another name";
    } else if (std::any_of(headers_.begin(), headers_.end(),
                           [&](const HeaderView& other) { return other.name == header.name; })) {
      problem = "given twice";
    }
    if (problem != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("headers.", internal::Clipped(header.name), ": ", problem));
    }
    AddHeader(header.name, header.value);
  }
  return absl::OkStatus();
}

}  // namespace omnibus
