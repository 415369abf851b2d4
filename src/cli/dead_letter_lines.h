// A dead letter, for people and for programs.
#pragma once

#include <string>

#include "cli/json_line.h"
#include "omnibus/dead_letters.h"

namespace omnibus::cli {

// One line, without its end.
std::string DeadLetterLine(const BuriedMessage& message, bool coloured);

// All of it, in several lines.
std::string DeadLetterText(const BuriedMessage& message, bool coloured);

// An object, to which more may be added. `whole`: with headers and body.
JsonLine DeadLetterObject(const BuriedMessage& message, bool whole);

}  // namespace omnibus::cli
