// A message as it lies there, whatever it is about.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "omnibus/envelope.h"

namespace omnibus::cli {

struct MessageOutline {
  bool complete = false;               // one JSON object, and nothing behind it
  std::optional<std::string> type;     // the event type that the body names
  std::optional<std::string> data;     // the text of the camel envelope's payload, in one line
  std::optional<std::string> payload;  // of the snake envelope's

  // Which envelope it looks like; nothing when it looks like none.
  std::optional<Dialect> dialect() const;
};

MessageOutline OutlineOf(std::string_view body);

}  // namespace omnibus::cli
