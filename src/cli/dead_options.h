// How `omnibus dead` is written.
#pragma once

#include "cli/command_line.h"

namespace CLI {
class App;
}

namespace omnibus::cli {

void AddDead(CLI::App& app, ParsedCommand& parsed);

}  // namespace omnibus::cli
