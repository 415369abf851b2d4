// An event type without its C++ type: what the bus, the envelopes and the command line work with.
// Made by omnibus/codec.h from the struct; never written by hand.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/event.h"

namespace omnibus {

// How member names are spelled on the wire. The values of enumerations are never respelled.
enum class Naming {
  kSnake,  // order_id: as in C++
  kCamel,  // orderId
};

namespace internal {
class JsonOutput;
}

// One member of an event, for listings.
struct FieldInfo {
  std::string_view name;  // as in C++
  std::string_view type;  // "integer", "uuid", "list of object", ... for people
  bool required = true;   // false for std::optional
};

// A JSON value inside a message that is being decoded; see omnibus/internal/codec_json_value.h.
class JsonValue;

// Thread-safety: constant after construction; all functions may be called concurrently.
struct EventType {
  const Contract* contract = nullptr;
  std::size_t size = 0;       // of the struct, in bytes
  std::size_t alignment = 0;  // of the struct, in bytes
  std::span<const FieldInfo> fields;

  // Appends the payload as compact JSON. kInvalidArgument, with the path, for what JSON cannot hold
  // (a string that is no UTF-8, a double that is not finite); `out` is then unspecified.
  absl::Status (*encode)(const void* event, Naming naming, std::string& out) = nullptr;

  // Fills a default-constructed event from `payload`. kInvalidArgument: the error names the path,
  // what was expected and what was found (`payload.items[1].quantity: expected an integer, found
  // "two"`).
  absl::Status (*decode)(JsonValue& payload, Naming naming, void* event) = nullptr;

  // Appends the partition key's text, as it goes over the wire: an integer in decimal, a uuid in
  // small letters, a string as it is. Nothing for a contract without a key.
  void (*append_key)(const void* event, std::string& out) = nullptr;

  void (*construct)(void* storage) = nullptr;  // default-constructs
  void (*destroy)(void* event) = nullptr;
  bool (*equal)(const void* a, const void* b) = nullptr;  // member by member

  // For the envelopes: what `encode` does, behind what `out` holds already. False when there was an
  // error, which `out` keeps.
  bool (*write)(const void* event, Naming naming, internal::JsonOutput& out) = nullptr;

  // For the envelopes: quickly fills a default-constructed event from the payload that `text`
  // begins with, and returns the payload's end. Null when it is not written exactly as `encode`
  // does it: then the event has anything in it, and `decode` tells what is right or wrong. Null
  // itself on processors that it was not made for.
  const char* (*read)(std::string_view text, Naming naming, void* event) = nullptr;
};

// Owns one event of a type that is known at run time only.
struct EventDeleter {
  const EventType* type = nullptr;
  void operator()(void* event) const;
};
using EventPointer = std::unique_ptr<void, EventDeleter>;

// A default-constructed event.
EventPointer NewEvent(const EventType& type);

// Reads a payload that stands alone: an object with the event's fields, spelled as `naming` says.
// `root` is the path that errors begin with, as "payload" or "data"; it may be empty.
// kInvalidArgument as in EventType::decode.
absl::StatusOr<EventPointer> ParsePayload(const EventType& type, std::string_view json,
                                          Naming naming, std::string_view root);

// The same, for a payload that a person wrote: spelled as on the wire (`naming`) or as in the
// struct (snake).
absl::StatusOr<EventPointer> ParsePayloadInEitherNaming(const EventType& type,
                                                        std::string_view json, Naming naming,
                                                        std::string_view root);

// Compact JSON of an event.
absl::StatusOr<std::string> FormatPayload(const EventType& type, const void* event, Naming naming);

}  // namespace omnibus
