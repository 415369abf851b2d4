// The command line of omnibus, for programs of your own:
//
//   int main(int argc, char** argv) { return omnibus::Main(argc, argv, {shop::MakeDomain()}); }
//
// has all commands of docs/command-line.md for the events and modules of `shop`, over every
// transport that was built.
#pragma once

#include <vector>

#include "omnibus/domain.h"

namespace omnibus {

// Returns the exit code: 0 done; 1 it failed; 2 wrong usage or configuration. Call it at the start
// of main(), before there are other threads: it sets spdlog's default logger (standard error),
// ignores SIGPIPE, and, for the commands that run until they are stopped, takes SIGINT, SIGTERM and
// SIGHUP.
int Main(int argc, char** argv, std::vector<Domain> domains);

}  // namespace omnibus
