// The one place that knows how commands are written, and CLI11.
#pragma once

#include <functional>

#include "cli/environment.h"

namespace omnibus::cli {

enum class Verbosity { kQuiet, kDefault, kVerbose };

struct ParsedCommand {
  // What to do; empty: it was answered (--help) or refused, and `code` is the exit code.
  std::function<int(Environment&)> run;
  int code = kDone;
  Verbosity verbosity = Verbosity::kDefault;
  bool progress = false;  // whether this command tells its progress unless it is asked to be quiet
};

ParsedCommand ParseCommandLine(int argc, char** argv);

}  // namespace omnibus::cli
