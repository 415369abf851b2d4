#include "omnibus/main.h"

#include <memory>
#include <utility>

#include "cli/command_line.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "omnibus/runtime.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace omnibus {
namespace {

std::shared_ptr<spdlog::logger> MakeLog(const cli::ParsedCommand& command) {
  auto log = std::make_shared<spdlog::logger>(
      "omnibus", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  switch (command.verbosity) {
    case cli::Verbosity::kQuiet:
      log->set_level(spdlog::level::err);
      break;
    case cli::Verbosity::kDefault:
      log->set_level(command.progress ? spdlog::level::info : spdlog::level::warn);
      break;
    case cli::Verbosity::kVerbose:
      log->set_level(spdlog::level::debug);
      break;
  }
  log->flush_on(spdlog::level::trace);
  return log;
}

}  // namespace

int Main(int argc, char** argv, std::vector<Domain> domains) {
  cli::GuardStandardStreams();
  cli::ParsedCommand command = cli::ParseCommandLine(argc, argv);
  if (command.run == nullptr) return command.code;
  std::shared_ptr<spdlog::logger> log = MakeLog(command);
  // Parts that are given no log use the default one, which would write to standard output, among
  // the results.
  spdlog::set_default_logger(log);
  cli::Environment environment{
      .domains = std::move(domains), .runtime = SystemRuntime(), .log = std::move(log), .out = {}};
  return command.run(environment);
}

}  // namespace omnibus
