#include "cli/command_line.h"

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/bench.h"
#include "cli/bench_options.h"
#include "cli/commands.h"
#include "cli/dead_options.h"
#include "cli/demo.h"
#include "cli/options.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "omnibus/configuration.h"

namespace omnibus::cli {
namespace {

// Each adds a command, whose values live in a shared struct, and sets `parsed` when it is the one.

void AddRun(CLI::App& app, ParsedCommand& parsed) {
  auto values = std::make_shared<RunCommand>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Run modules as a service, until SIGTERM or SIGINT: then it drains. Prints `ready: "
      "MODULE...` on "
      "standard error once all consume. A broker that cannot be reached is waited for.");
  command->add_option("MODULE", values->modules, "catalog-service, or coworking/analytics-service")
      ->required();
  AddConfiguration(*command, values->configuration, /*required=*/true);
  AddTimeout(*command, "How long to wait for the brokers at the start (default: for ever)",
             [values](absl::Duration timeout) { values->timeout = timeout; });
  command->callback([values, &parsed] {
    parsed.progress = true;
    parsed.run = [values](Environment& environment) { return Run(*values, environment); };
  });
}

void AddPublish(CLI::App& app, ParsedCommand& parsed) {
  auto values = std::make_shared<PublishCommand>();
  CLI::App* command = app.add_subcommand("publish",
                                         "Publish one event: checks it against its contract, waits "
                                         "for the broker's confirm, and prints the "
                                         "event's id.");
  command->add_option("TYPE", values->type, "The event's type, such as order.created")->required();
  command
      ->add_option("--data", values->data,
                   "The payload, spelled as on the wire or as in the struct: JSON, @FILE, or - for "
                   "standard input")
      ->required()
      ->type_name("JSON|@FILE|-");
  command->add_option_function<std::string>(
      "--key", [values](const std::string& key) { values->key = key; },
      "Partition key (default: the contract's key member)");
  AddUuid(*command, "--correlation-id", "The chain that it belongs to (default: a new one)",
          values->correlation_id);
  AddUuid(*command, "--idempotency-key", "The effect that it stands for (default: a new one)",
          values->idempotency_key);
  AddTimeout(*command, "For all of it (default: 30s)",
             [values](absl::Duration timeout) { values->timeout = timeout; });
  command->add_flag("--json", values->json, "Print an object with the event's ids");
  AddConfiguration(*command, values->configuration, /*required=*/true);
  command->callback([values, &parsed] {
    parsed.run = [values](Environment& environment) { return Publish(*values, environment); };
  });
}

void AddTail(CLI::App& app, ParsedCommand& parsed) {
  auto values = std::make_shared<TailCommand>();
  CLI::App* command = app.add_subcommand("tail",
                                         "Print events as they come, until SIGINT or SIGTERM. "
                                         "Prints `ready: CHANNEL` on standard error once "
                                         "none is missed.");
  command->add_option("CHANNEL", values->channel, "Such as bookstore.events")->required();
  command->add_option(
      "--group,-g", values->group,
      "Read as this group, and take from it what is shown (default: read along, and take "
      "nothing from anybody)");
  command
      ->add_option_function<int>(
          "--count,-n", [values](int count) { values->count = count; }, "Stop after so many events")
      ->check(CLI::Range(1, 1'000'000'000));
  command
      ->add_option_function<std::string>(
          "--from",
          [values](const std::string& from) {
            values->from = from == "earliest" ? StartFrom::kEarliest : StartFrom::kLatest;
          },
          "Where a reader that is new begins: earliest or latest (the default). Earliest on "
          "RabbitMQ "
          "needs a group, whose backlog it is")
      ->check(CLI::IsMember({"earliest", "latest"}));
  AddTimeout(
      *command,
      "For reaching the broker (default: 30s); where it is given and --count too, for all of it",
      [values](absl::Duration timeout) { values->timeout = timeout; });
  command->add_flag("--json", values->json, "One JSON object a line");
  AddConfiguration(*command, values->configuration, /*required=*/true);
  command->callback([values, &parsed] {
    parsed.run = [values](Environment& environment) { return Tail(*values, environment); };
  });
}

void AddContracts(CLI::App& app, ParsedCommand& parsed) {
  CLI::App* command = app.add_subcommand(
      "contracts", "What the linked domains declare; and whether messages keep to it.");
  command->require_subcommand(1);
  auto values = std::make_shared<ContractsCommand>();
  const auto add_json = [](CLI::App* to, bool& json) {
    to->add_flag("--json", json, "One JSON object a line");
  };

  CLI::App* list = command->add_subcommand("list", "All events, one a line.");
  add_json(list, values->json);
  list->callback([values, &parsed] {
    parsed.run = [values](Environment& environment) { return ListContracts(*values, environment); };
  });

  CLI::App* show =
      command->add_subcommand("show", "One event: its channel, who publishes it, its fields.");
  auto type = std::make_shared<std::string>();
  show->add_option("TYPE", *type, "Such as order.created")->required();
  add_json(show, values->json);
  show->callback([values, type, &parsed] {
    parsed.run = [values, type](Environment& environment) {
      return ShowContract(*type, *values, environment);
    };
  });

  auto check_values = std::make_shared<CheckMessagesCommand>();
  CLI::App* check = command->add_subcommand("check",
                                            "Check messages against their contracts: one message, "
                                            "however it is laid out, or one a line. Exits "
                                            "with 1 when one is wrong, or there is none.");
  check->add_option("FILE", check_values->file, "A file, or - for standard input")->required();
  check
      ->add_option_function<std::string>(
          "--envelope",
          [check_values](const std::string& name) {
            check_values->envelope = name == "camel" ? Dialect::kCamel : Dialect::kSnake;
          },
          "camel or snake (default: what each message looks like)")
      ->check(CLI::IsMember({"camel", "snake"}));
  check->add_option("--type", check_values->type,
                    "The events' type, which the snake envelope does not have in it");
  add_json(check, check_values->json);
  check->callback([check_values, &parsed] {
    parsed.run = [check_values](Environment& environment) {
      return CheckMessages(*check_values, environment);
    };
  });
}

void AddConfig(CLI::App& app, ParsedCommand& parsed) {
  CLI::App* command = app.add_subcommand("config", "Look at a configuration.");
  command->require_subcommand(1);
  auto values = std::make_shared<CheckConfigurationCommand>();
  CLI::App* check = command->add_subcommand(
      "check",
      "Say what a configuration means, or what is wrong with it. Passwords are not shown.");
  check->add_option("FILE", values->files, "Files that are laid over each other")->required();
  check->add_flag("--json", values->json, "One JSON object a line");
  check->callback([values, &parsed] {
    parsed.run = [values](Environment& environment) {
      return CheckConfiguration(*values, environment);
    };
  });
}

void AddDemo(CLI::App& app, ParsedCommand& parsed) {
  auto values = std::make_shared<DemoCommand>();
  CLI::App* command = app.add_subcommand("demo",
                                         "Play the linked domains' stories, end to end: every "
                                         "event as it flows, and the state it left.");
  command->add_option("--transport", values->transport,
                      "memory (the default), or another of the configuration's");
  command->add_flag("--json", values->json, "One JSON object a line");
  AddConfiguration(*command, values->configuration, /*required=*/false);
  AddTimeout(*command, "How long to wait for the brokers at the start (default: 30s)",
             [values](absl::Duration timeout) { values->timeout = timeout; });
  command->callback([values, &parsed] {
    parsed.run = [values](Environment& environment) { return Demo(*values, environment); };
  });
}

// What a wrong command line has wrong. CLI11 finds a missing command before it looks at a misspelt
// one.
std::string Complaint(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::App* each : command->get_subcommands({})) known.push_back(each->get_name());
  for (const std::string& word : app.remaining(/*recurse=*/true)) {
    if (known.empty() || word.starts_with('-')) continue;
    return "there is no command " + Quoted(word) + Suggestion(word, known);
  }
  for (const std::string& word : app.remaining(/*recurse=*/true)) {
    if (!word.starts_with('-')) continue;
    std::vector<std::string> options;
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
    }
    return "there is no option " + Quoted(word.substr(0, word.find('='))) +
           Suggestion(word.substr(0, word.find('=')), options);
  }
  return error.what();
}

std::string CommandName(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
  }
  return name;
}

}  // namespace

ParsedCommand ParseCommandLine(int argc, char** argv) {
  ParsedCommand parsed;
  CLI::App app("omnibus: an event bus for C++ services", "omnibus");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Print the help of all commands and exit");
  app.set_version_flag("--version", OMNIBUS_VERSION, "Print the version and exit");
  app.fallthrough();
  app.add_flag_callback(
      "--verbose,-v", [&] { parsed.verbosity = Verbosity::kVerbose; },
      "Log more, on standard error");
  app.add_flag_callback(
      "--quiet,-q", [&] { parsed.verbosity = Verbosity::kQuiet; }, "Log errors only");
  AddDemo(app, parsed);
  AddRun(app, parsed);
  AddPublish(app, parsed);
  AddTail(app, parsed);
  AddContracts(app, parsed);
  AddDead(app, parsed);
  AddConfig(app, parsed);
  AddBench(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.run = nullptr;
    if (error.get_exit_code() == 0) {  // it asked for help
      parsed.code = app.exit(error, std::cout, std::cerr);
    } else {
      parsed.code =
          Complain(Complaint(app, error) + "\nsee `" + CommandName(app) + " --help`", kWrong);
    }
  }
  return parsed;
}

}  // namespace omnibus::cli
