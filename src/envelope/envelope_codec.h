// The two spellings of the envelope on the wire (docs/contracts.md): written into what a transport
// sends, read from what it received. What a dialect's body has no field for travels in AMQP's
// properties, where a transport has these, and else in headers.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "omnibus/envelope.h"
#include "omnibus/event_type.h"
#include "omnibus/internal/codec_json_value.h"
#include "omnibus/internal/codec_output.h"
#include "omnibus/internal/codec_text.h"
#include "omnibus/transport.h"

namespace omnibus {

// How the names in an event's payload are spelled.
constexpr Naming PayloadNaming(Dialect dialect) {
  return dialect == Dialect::kCamel ? Naming::kCamel : Naming::kSnake;
}

// The envelope's own headers: an application's have other names.
bool IsEnvelopeHeader(std::string_view name);

// Writes one event after the other, into buffers that it keeps: nothing is allocated once they have
// grown.
//
// Thread-safety: none.
class EnvelopeWriter {
 public:
  // Writes `event`, of `type`. Of `metadata`, `type` is not looked at; an empty `key` is read off
  // the contract's key member. kInvalidArgument, with the path: JSON cannot hold the payload, or
  // one of metadata.headers has no name, a name of the envelope's own, or one that another has.
  //
  // message() views `metadata` and the writer: both stay as they are until it has been sent.
  absl::Status Write(Dialect dialect, const Capabilities& capabilities, const Metadata& metadata,
                     const EventType& type, const void* event);

  // Just the body: message() stays as it was.
  absl::Status WriteBody(Dialect dialect, const Metadata& metadata, const EventType& type,
                         const void* event);
  std::string_view body() const { return body_.View(); }

  // What was written last. `destination` and `mandatory` are the caller's to set.
  const OutgoingMessage& message() const { return message_; }
  OutgoingMessage& message() { return message_; }

 private:
  using UuidText = std::array<char, internal::kUuidText + 4>;

  void AddHeader(std::string_view name, std::string_view value);
  absl::Status AddApplicationHeaders(const Metadata& metadata);

  internal::JsonOutput body_;
  std::size_t correlation_id_at_ = 0;  // in a snake body
  std::string key_;
  UuidText correlation_id_ = {};
  UuidText idempotency_key_ = {};
  UuidText causation_id_ = {};
  std::vector<HeaderView> headers_;
  OutgoingMessage message_;
};

// Finds a declared event type by its name; null when nobody declared it.
using EventTypeLookup = absl::FunctionRef<const EventType*(std::string_view)>;

// Reads one message after the other, in two steps, so that a message whose type is not wanted costs
// little. The body is walked once, as long as the payload comes behind the other fields.
//
// Thread-safety: none.
class EnvelopeReader {
 public:
  // `message` stays as it is until ReadPayload() has returned. Afterwards metadata() is filled,
  // except perhaps for the key.
  //   OK                 type() is the event's.
  //   kNotFound          an event type that nobody declared: metadata().type has its name. The rest
  //   of the body was perhaps not read. kInvalidArgument   malformed: `eventId: expected a UUID,
  //   found 12`.
  absl::Status Open(Dialect dialect, const ReceivedMessage& message, EventTypeLookup lookup);

  // After Open() was OK, once: fills `event`, a default-constructed one of type(), and reads the
  // rest of the body. Where the message had no partition key, metadata().key is read off the
  // contract's key member. kInvalidArgument: malformed.
  absl::Status ReadPayload(void* event);

  const EventType& type() const { return *type_; }
  const Metadata& metadata() const { return metadata_; }
  Metadata& metadata() { return metadata_; }  // to move from

 private:
  // Reads the head if it is written as EnvelopeWriter does it, and its type is declared.
  bool OpenQuickly(const ReceivedMessage& message, EventTypeLookup lookup);
  void ResetMetadata();
  // The general way, from the body's begin: up to the payload, or to the end.
  bool ReadHead();
  // The payload of a body that was opened quickly; false: it has to be read the general way.
  bool ReadPayloadQuickly(void* event);
  absl::Status ReadPayloadGenerally(void* event);

  // Reads fields of the body, up to its end; or up to the payload, when that is all that is
  // missing.
  bool ReadFields(bool stop_at_payload);
  bool ReadField(std::size_t spelling);
  bool HasAllButPayload() const;
  bool FailMissing();
  // Of a camel body, `name` is the type's.
  absl::Status FindType(const ReceivedMessage& message, std::string_view name,
                        EventTypeLookup lookup);
  void TakeHeaders(const ReceivedMessage& message);

  Dialect dialect_ = Dialect::kSnake;
  const EventType* type_ = nullptr;
  Metadata metadata_;
  std::string_view body_text_;      // the message's
  std::string_view quick_payload_;  // the rest of it, from the payload on; null: not opened quickly

  // The fields of the body, as far as they were read; and which spellings of them have been met.
  std::optional<Uuid> id_;
  std::optional<std::string> type_name_;
  std::optional<Timestamp> occurred_at_;
  std::optional<Uuid> correlation_id_;
  std::optional<Uuid> idempotency_key_;
  std::array<bool, 8> met_ = {};

  JsonValue body_;
  bool at_payload_ = false;  // body_ stands on the payload
  bool has_payload_ = false;
  std::string_view early_payload_;  // its text, where it came before other fields
  JsonValue early_;                 // reads that
};

}  // namespace omnibus
