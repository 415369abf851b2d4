#include "cli/message_outline.h"

#include "cli/json_line.h"
#include "omnibus/internal/codec_json_value.h"

namespace omnibus::cli {

std::optional<Dialect> MessageOutline::dialect() const {
  if (data.has_value() == payload.has_value()) {
    if (type.has_value()) return Dialect::kCamel;  // the snake envelope has no field for it
    return std::nullopt;
  }
  return data.has_value() ? Dialect::kCamel : Dialect::kSnake;
}

MessageOutline OutlineOf(std::string_view body) {
  MessageOutline outline;
  JsonValue value;
  if (!value.Start(body) || !value.BeginObject()) return outline;
  std::string_view name;
  while (value.NextField(name)) {
    const std::string field(name);
    std::string_view text;
    if (!value.Skip(text)) return outline;
    if (field == "eventType" || field == "event_type") {
      if (text.size() >= 2 && text.front() == '"') outline.type = text.substr(1, text.size() - 2);
    } else if (field == "data") {
      outline.data = Compact(text);
    } else if (field == "payload") {
      outline.payload = Compact(text);
    }
  }
  outline.complete = value.ok() && value.Finish();
  return outline;
}

}  // namespace omnibus::cli
