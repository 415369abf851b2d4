#include "cli/event_line.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/json_line.h"
#include "cli/message_outline.h"
#include "cli/names.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::cli {
namespace {

std::string HeadersOf(const ReceivedMessage& message) {
  JsonLine headers;
  for (const HeaderView& header : message.headers) headers.Text(header.name, header.value);
  return headers.Done();
}

std::string HeadersOf(const Metadata& metadata) {
  JsonLine headers;
  for (const NamedValue& header : metadata.headers) headers.Text(header.name, header.value);
  return headers.Done();
}

}  // namespace

bool OutputIsColoured() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

std::string Printable(std::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return printable;
}

JsonLine EventObject(std::string_view channel, const Metadata& metadata, std::string_view payload) {
  JsonLine line;
  line.Text("channel", channel)
      .Text("type", metadata.type)
      .Text("id", ToString(metadata.id))
      .Text("occurred_at", ToString(metadata.occurred_at))
      .Text("correlation_id", ToString(metadata.correlation_id))
      .Raw("causation_id",
           metadata.causation_id.has_value() ? JsonText(ToString(*metadata.causation_id)) : "null")
      .Text("idempotency_key", ToString(metadata.idempotency_key))
      .Text("key", metadata.key)
      .Raw("headers", HeadersOf(metadata))
      .Raw("payload", payload);
  return line;
}

EventLines::EventLines(const std::vector<Domain>& domains, std::string channel, Dialect dialect,
                       bool json)
    : domains_(domains),
      channel_(std::move(channel)),
      dialect_(dialect),
      json_(json),
      coloured_(OutputIsColoured()) {}

std::string EventLines::Of(const ReceivedMessage& message) {
  absl::Status read = reader_.Open(dialect_, message, [&](std::string_view type) {
    absl::StatusOr<const EventType*> event = FindEvent(domains_, type);
    return event.ok() ? *event : nullptr;
  });
  if (absl::IsNotFound(read)) {
    read = absl::NotFoundError(
        absl::StrCat("nobody declared the event type \"", reader_.metadata().type, "\""));
  } else if (read.ok()) {
    const EventPointer event = NewEvent(reader_.type());
    read = reader_.ReadPayload(event.get());
  }
  return json_ ? AsJson(message, read) : AsText(message, read);
}

std::string EventLines::PayloadOf(const ReceivedMessage& message) const {
  const MessageOutline outline = OutlineOf(message.body);
  if (!outline.complete) return "";
  return (dialect_ == Dialect::kCamel ? outline.data : outline.payload).value_or("");
}

std::string EventLines::AsJson(const ReceivedMessage& message, const absl::Status& read) const {
  if (!read.ok()) {
    JsonLine line;
    line.Text("channel", channel_);
    std::string_view type = message.type.empty() ? message.routing_key : message.type;
    if (absl::IsNotFound(read)) type = reader_.metadata().type;
    line.Raw("type", type.empty() ? "null" : JsonText(type))
        .Text("error", StdView(read.message()))
        .Text("key", message.key)
        .Raw("headers", HeadersOf(message))
        .Text("body", message.body);
    return line.Done();
  }
  return EventObject(channel_, reader_.metadata(), PayloadOf(message)).Done();
}

std::string EventLines::AsText(const ReceivedMessage& message, const absl::Status& read) const {
  const auto in = [this](const char* colour, std::string_view text) {
    return coloured_ ? absl::StrCat(colour, AbslView(text), kPlain) : std::string(text);
  };
  if (!read.ok()) {
    constexpr std::size_t kMostOfBody = 500;
    return absl::StrCat(in(kRed, "cannot be read"), "  ", Printable(StdView(read.message())),
                        "  key=", Printable(message.key), "  ",
                        Printable(message.body.substr(0, kMostOfBody)));
  }
  const Metadata& metadata = reader_.metadata();
  return absl::StrCat(in(kDim, ToString(metadata.occurred_at)), "  ", in(kBold, metadata.type),
                      "  key=", Printable(metadata.key), "  id=", ToString(metadata.id), "  ",
                      in(kDim, "correlation=" + ToString(metadata.correlation_id)), "  ",
                      Printable(PayloadOf(message)));
}

}  // namespace omnibus::cli
