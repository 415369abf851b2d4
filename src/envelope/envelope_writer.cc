#include <algorithm>

#include "absl/strings/str_cat.h"
#include "envelope/envelope_codec.h"
#include "envelope/envelope_names.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

template <std::size_t Size>
std::string_view Write(const Uuid& uuid, std::array<char, Size>& text) {
  internal::WriteUuid(uuid, text.data());
  return {text.data(), text.size()};
}

}  // namespace

absl::Status EnvelopeWriter::Write(Dialect dialect, const Capabilities& capabilities,
                                   const Metadata& metadata, const EventType& type,
                                   const void* event) {
  const bool camel = dialect == Dialect::kCamel;
  const std::string_view id = omnibus::Write(metadata.id, id_);
  const std::string_view correlation_id = omnibus::Write(metadata.correlation_id, correlation_id_);
  const std::string_view idempotency_key =
      omnibus::Write(metadata.idempotency_key, idempotency_key_);
  char occurred_at[internal::kTimestampText];
  const std::string_view occurred_at_text(
      occurred_at, static_cast<std::size_t>(
                       internal::WriteTimestamp(metadata.occurred_at, occurred_at) - occurred_at));

  // None of these has a character that JSON would escape: the type's were checked with its
  // contract.
  body_.clear();
  if (camel) {
    body_.append(R"({"eventId":")").append(id);
    body_.append(R"(","eventType":")").append(type.contract->type);
    body_.append(R"(","occurredAt":")").append(occurred_at_text);
    body_.append(R"(","data":)");
  } else {
    body_.append(R"({"event_id":")").append(id);
    body_.append(R"(","occurred_at":")").append(occurred_at_text);
    body_.append(R"(","correlation_id":")").append(correlation_id);
    body_.append(R"(","idempotency_key":")").append(idempotency_key);
    body_.append(R"(","payload":)");
  }
  absl::Status status = type.encode(event, PayloadNaming(dialect), body_);
  if (!status.ok()) return status;
  body_.push_back('}');

  headers_.clear();
  if (camel) {
    if (!capabilities.properties) {
      headers_.push_back({envelope::kCorrelationIdHeader, correlation_id});
    }
    headers_.push_back({envelope::kIdempotencyKeyHeader, idempotency_key});
  } else if (!capabilities.properties) {
    headers_.push_back({envelope::kEventTypeHeader, type.contract->type});
  }
  if (metadata.causation_id) {
    headers_.push_back(
        {envelope::kCausationIdHeader, omnibus::Write(*metadata.causation_id, causation_id_)});
  }
  if (!metadata.traceparent.empty()) {
    headers_.push_back({envelope::kTraceparentHeader, metadata.traceparent});
  }
  status = AddApplicationHeaders(metadata);
  if (!status.ok()) return status;

  key_.clear();
  if (metadata.key.empty()) type.append_key(event, key_);

  message_ = OutgoingMessage();
  message_.channel = type.contract->channel;
  message_.type = type.contract->type;
  message_.key = metadata.key.empty() ? key_ : metadata.key;
  message_.id = id;
  message_.correlation_id = correlation_id;
  message_.body = body_;
  message_.headers = headers_;
  return absl::OkStatus();
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
    headers_.push_back({header.name, header.value});
  }
  return absl::OkStatus();
}

}  // namespace omnibus
