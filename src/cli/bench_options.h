// How `bench` is written.
#pragma once

#include "CLI/CLI.hpp"
#include "cli/command_line.h"

namespace omnibus::cli {

// Adds the command, and sets `parsed` when it is the one.
void AddBench(CLI::App& app, ParsedCommand& parsed);

}  // namespace omnibus::cli
