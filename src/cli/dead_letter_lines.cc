#include "cli/dead_letter_lines.h"

#include <optional>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cli/event_line.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus::cli {
namespace {

std::string Coloured(bool coloured, const char* colour, const std::string& text) {
  return coloured ? absl::StrCat(colour, text, kPlain) : text;
}

std::string OrNull(const std::optional<Timestamp>& time) {
  return time.has_value() ? JsonText(ToString(*time)) : "null";
}

std::string OrNull(const std::optional<std::int64_t>& number) {
  return number.has_value() ? absl::StrCat(*number) : "null";
}

// Bytes that are no UTF-8 would be lost in a JSON string.
bool IsText(std::string_view body) {
  const std::string json = JsonText(body);
  return json.find("\uFFFD") == std::string::npos;
}

std::string Attempts(const BuriedMessage& message) {
  return absl::StrCat(message.attempts, message.attempts == 1 ? " attempt" : " attempts");
}

}  // namespace

std::string DeadLetterLine(const BuriedMessage& message, bool coloured) {
  const std::string when =
      message.last_failed_at.has_value() ? ToString(*message.last_failed_at) : "(at no known time)";
  const std::string type = message.type.empty() ? "(no known type)" : Printable(message.type);
  return absl::StrCat(
      Coloured(coloured, kDim, when), "  ", Coloured(coloured, kBold, type), "  ",
      Printable(message.domain), "/", Printable(message.module), "  key=", Printable(message.key),
      "  id=", ToString(message.id), "  ", Coloured(coloured, kRed, Printable(message.reason)),
      " after ", Attempts(message),
      message.replayed > 0 ? absl::StrCat(", replayed ", message.replayed, " before") : "", ": ",
      message.behind ? absl::StrCat("behind event ", ToString(*message.behind))
                     : Printable(message.detail));
}

std::string DeadLetterText(const BuriedMessage& message, bool coloured) {
  std::string text = Coloured(coloured, kBold, absl::StrCat("dead letter ", ToString(message.id)));
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&text, "\n  ", AbslView(name), std::string(14 - name.size(), ' '),
                    Printable(value));
  };
  add("module", message.domain + "/" + message.module);
  add("channel", message.channel);
  add("queue", message.queue);
  add("type", message.type);
  add("event id", message.event_id.has_value() ? ToString(*message.event_id) : "");
  add("key", message.key);
  add("reason", message.reason);
  add("detail", message.detail);
  add("parked behind", message.behind ? ToString(*message.behind) : "");
  add("parks its key", message.parks ? "until it is replayed or purged" : "");
  add("attempts", absl::StrCat(message.attempts));
  add("replayed", message.replayed > 0 ? absl::StrCat(message.replayed) : "");
  add("first failed", message.first_failed_at ? ToString(*message.first_failed_at) : "");
  add("last failed", message.last_failed_at ? ToString(*message.last_failed_at) : "");
  add("partition", message.partition ? absl::StrCat(*message.partition) : "");
  add("offset", message.offset ? absl::StrCat(*message.offset) : "");
  for (const NamedValue& header : message.headers) add("header", header.name + ": " + header.value);
  absl::StrAppend(&text, "\n  body, ", message.body.size(), " bytes:\n", Printable(message.body));
  return text;
}

JsonLine DeadLetterObject(const BuriedMessage& message, bool whole) {
  JsonLine line;
  line.Text("id", ToString(message.id))
      .Raw("event_id", message.event_id ? JsonText(ToString(*message.event_id)) : "null")
      .Text("domain", message.domain)
      .Text("module", message.module)
      .Text("channel", message.channel)
      .Text("queue", message.queue)
      .Raw("type", message.type.empty() ? "null" : JsonText(message.type))
      .Text("key", message.key)
      .Text("reason", message.reason)
      .Text("detail", message.detail)
      .Raw("parks", message.parks ? "true" : "false")
      .Raw("parked_behind", message.behind ? JsonText(ToString(*message.behind)) : "null")
      .Number("attempts", message.attempts)
      .Number("replayed", message.replayed)
      .Raw("first_failed_at", OrNull(message.first_failed_at))
      .Raw("last_failed_at", OrNull(message.last_failed_at))
      .Raw("partition", OrNull(message.partition))
      .Raw("offset", OrNull(message.offset));
  if (!whole) return line;
  JsonLine headers;
  for (const NamedValue& header : message.headers) headers.Text(header.name, header.value);
  line.Raw("headers", headers.Done());
  if (IsText(message.body)) {
    line.Text("body", message.body);
  } else {
    line.Text("body_base64", StdView(absl::Base64Escape(message.body)));
  }
  return line;
}

}  // namespace omnibus::cli
