// contracts check
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/json_line.h"
#include "cli/message_outline.h"
#include "cli/names.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "envelope/envelope_codec.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::cli {
namespace {

struct Message {
  int line = 1;  // where it begins
  std::string_view text;
};

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// One message a line, or one message however it is laid out. What is broken is taken for lines when
// its first line is a message, or when several of its lines begin as one: all other guesses would
// tell errors that nobody made.
std::vector<Message> Split(std::string_view text) {
  if (IsBlank(text)) return {};
  if (OutlineOf(text).complete) return {{1, text}};
  std::vector<Message> lines;
  int begin_as_message = 0;
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    ++number;
    if (IsBlank(line)) continue;
    if (line.front() == '{') ++begin_as_message;
    lines.push_back({number, line});
  }
  if (begin_as_message > 1 || OutlineOf(lines.front().text).complete) return lines;
  return {{1, text}};
}

struct Verdict {
  std::string type;   // as far as it is known
  std::string error;  // empty: good
};

Verdict Check(const CheckMessagesCommand& command, const std::vector<Domain>& domains,
              std::string_view text, EnvelopeReader& reader) {
  const MessageOutline outline = OutlineOf(text);
  Verdict verdict;
  verdict.type = outline.type.value_or(command.type);
  // A message that looks like neither is read as the one that needs less: its error then names what
  // is missing.
  const Dialect dialect = command.envelope.has_value()    ? *command.envelope
                          : outline.dialect().has_value() ? *outline.dialect()
                                                          : Dialect::kCamel;
  if (outline.complete && dialect == Dialect::kSnake && !outline.type.has_value() &&
      command.type.empty()) {
    verdict.error = "the snake envelope does not say the event's type: give it by --type";
    return verdict;
  }
  ReceivedMessage message;
  message.body = text;
  message.routing_key = command.type;
  message.type = command.type;
  std::vector<std::string> known;
  for (const EventType* event : AllEvents(domains)) known.emplace_back(event->contract->type);
  const absl::Status opened = reader.Open(dialect, message, [&](std::string_view type) {
    absl::StatusOr<const EventType*> event = FindEvent(domains, type);
    return event.ok() ? *event : nullptr;
  });
  verdict.type = reader.metadata().type.empty() ? verdict.type : reader.metadata().type;
  if (absl::IsNotFound(opened)) {
    verdict.error = absl::StrCat("nobody declared the event type ", Quoted(verdict.type),
                                 Suggestion(verdict.type, known));
    if (outline.type.has_value()) verdict.error = "eventType: " + verdict.error;
    return verdict;
  }
  if (!opened.ok()) {
    verdict.error = std::string(StdView(opened.message()));
    return verdict;
  }
  if (!command.type.empty() && verdict.type != command.type) {
    verdict.error = absl::StrCat("eventType: expected ", Quoted(command.type), ", found ",
                                 Quoted(verdict.type));
    return verdict;
  }
  const EventPointer event = NewEvent(reader.type());
  if (absl::Status read = reader.ReadPayload(event.get()); !read.ok()) {
    verdict.error = std::string(StdView(read.message()));
  }
  return verdict;
}

// "payload.items[1].quantity: expected ..." -> "payload.items[1].quantity"
std::string_view PathOf(std::string_view error) {
  const std::size_t end = error.find(": ");
  if (end == std::string_view::npos || error.substr(0, end).find(' ') != std::string_view::npos)
    return {};
  return error.substr(0, end);
}

std::string Line(const CheckMessagesCommand& command, const Message& message,
                 const Verdict& verdict) {
  if (!command.json) {
    const std::string name = command.file == "-" ? "(standard input)" : command.file;
    return absl::StrCat(name, ":", message.line, ": ",
                        verdict.error.empty() ? "good: " + verdict.type : verdict.error);
  }
  JsonLine line;
  line.Number("line", message.line)
      .Bool("ok", verdict.error.empty())
      .Raw("type", verdict.type.empty() ? "null" : JsonText(verdict.type));
  if (!verdict.error.empty()) {
    const std::string_view path = PathOf(verdict.error);
    line.Raw("path", path.empty() ? "null" : JsonText(path)).Text("error", verdict.error);
  }
  return line.Done();
}

}  // namespace

int CheckMessages(const CheckMessagesCommand& command, Environment& environment) {
  if (!command.type.empty()) {
    absl::StatusOr<const EventType*> type = FindEvent(environment.domains, command.type);
    if (!type.ok()) return Complain(type.status(), kWrong);
  }
  absl::StatusOr<std::string> text = ReadInput(command.file);
  if (!text.ok()) return Complain(text.status(), kWrong);
  const std::vector<Message> messages = Split(*text);
  if (messages.empty()) {
    return Complain(absl::StrCat(command.file, ": there is no message"), kFailed);
  }
  EnvelopeReader reader;
  std::size_t wrong = 0;
  for (const Message& message : messages) {
    const Verdict verdict = Check(command, environment.domains, message.text, reader);
    if (!verdict.error.empty()) ++wrong;
    environment.out.Line(Line(command, message, verdict));
  }
  if (wrong > 0) {
    return Complain(absl::StrCat(wrong, " of ", messages.size(), " messages break their contract"),
                    kFailed);
  }
  if (environment.out.status().ok() || absl::IsCancelled(environment.out.status())) return kDone;
  return Complain(environment.out.status(), kFailed);
}

}  // namespace omnibus::cli
