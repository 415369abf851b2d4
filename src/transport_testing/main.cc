// The score as a program.
#include <iostream>
#include <string>
#include <string_view>

#include "omnibus/transport_testing.h"

namespace omnibus::transport_testing {
namespace {

constexpr char kUsage[] =
    "Examines a transport by the fifty behaviours that each one must have.\n"
    "  --only NAME   just the checks whose names have NAME in them\n"
    "  --quick       nothing that does something to the broker, ten seconds of overload\n"
    "  --json        the score as one JSON object\n"
    "  --list        the checks, and no more\n";

}  // namespace

int Main(int argc, char** argv, const TransportUnderTest& under_test) {
  Settings settings;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      json = true;
    } else if (argument == "--quick") {
      settings.disruptive = false;
      settings.overload = absl::Seconds(10);
    } else if (argument == "--only" && i + 1 < argc) {
      settings.only = argv[++i];
    } else if (argument == "--list") {
      for (const Check& check : Checks()) {
        std::cout << check.behaviour << " " << check.name
                  << (check.disruptive ? " (disruptive)" : "") << "\n";
      }
      return 0;
    } else {
      std::cerr << kUsage;
      return argument == "--help" ? 0 : 2;
    }
  }
  const Score score = Examine(under_test, settings, [](const Result& result) {
    std::cerr << result.check.behaviour << " " << result.check.name << ": "
              << VerdictName(result.verdict) << "\n";
  });
  if (json) {
    std::cout << ToJson(score) << "\n";
  } else {
    PrintTable(score, std::cout);
  }
  return score.failed() ? 1 : 0;
}

}  // namespace omnibus::transport_testing
