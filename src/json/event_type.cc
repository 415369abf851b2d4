#include "omnibus/event_type.h"

#include <new>

#include "absl/strings/match.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/internal/codec.h"

namespace omnibus {
namespace internal {

FieldList::FieldList(std::span<const FieldDescription> fields) {
  types_.reserve(fields.size());  // they are viewed
  for (const FieldDescription& field : fields) {
    fields_.push_back({field.name, types_.emplace_back(field.type()), field.required});
  }
}

absl::Status EncodeBy(bool (*write)(const void* event, Naming naming, JsonOutput& out),
                      const void* event, Naming naming, std::string& out) {
  JsonOutput& output = ThreadOutput();
  // Errors begin with the name that the payload has in the envelope.
  if (!write(event, naming, output)) {
    return output.status(naming == Naming::kCamel ? "data" : "payload");
  }
  out.append(output.View());
  return absl::OkStatus();
}

absl::Status ReadText(std::string_view text, std::string_view root,
                      absl::FunctionRef<bool(JsonValue&)> read) {
  // Its buffers are worth keeping. `read` runs no code that could come back here: it only fills a
  // struct.
  thread_local JsonValue value;
  if (value.Start(text, root) && read(value) && value.Finish()) return absl::OkStatus();
  return value.status();
}

}  // namespace internal

void EventDeleter::operator()(void* event) const {
  type->destroy(event);
  ::operator delete(event, std::align_val_t(type->alignment));
}

EventPointer NewEvent(const EventType& type) {
  void* const storage = ::operator new(type.size, std::align_val_t(type.alignment));
  type.construct(storage);
  return EventPointer(storage, EventDeleter{&type});
}

absl::StatusOr<EventPointer> ParsePayload(const EventType& type, std::string_view json,
                                          Naming naming, std::string_view root) {
  EventPointer event = NewEvent(type);
  const absl::Status status = internal::ReadText(json, root, [&](JsonValue& payload) {
    return type.decode(payload, naming, event.get()).ok();
  });
  if (!status.ok()) return status;
  return event;
}

absl::StatusOr<EventPointer> ParsePayloadInEitherNaming(const EventType& type,
                                                        std::string_view json, Naming naming,
                                                        std::string_view root) {
  absl::StatusOr<EventPointer> as_on_the_wire = ParsePayload(type, json, naming, root);
  if (as_on_the_wire.ok() || naming == Naming::kSnake) return as_on_the_wire;
  absl::StatusOr<EventPointer> as_in_the_struct = ParsePayload(type, json, Naming::kSnake, root);
  if (as_in_the_struct.ok()) return as_in_the_struct;
  // A payload in the other spelling lacks fields: whichever reading got further tells the real
  // error.
  const auto lacks = [](const absl::Status& status) {
    return absl::EndsWith(status.message(), ": missing");
  };
  if (lacks(as_on_the_wire.status()) && !lacks(as_in_the_struct.status())) return as_in_the_struct;
  return as_on_the_wire;
}

absl::StatusOr<std::string> FormatPayload(const EventType& type, const void* event, Naming naming) {
  std::string json;
  const absl::Status status = type.encode(event, naming, json);
  if (!status.ok()) return status;
  return json;
}

}  // namespace omnibus
