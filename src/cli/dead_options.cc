#include "cli/dead_options.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/dead.h"
#include "cli/options.h"
#include "omnibus/configuration.h"

namespace omnibus::cli {
namespace {

using Action = int (*)(const DeadCommand&, Environment&);

void AddNames(CLI::App& command, const std::string& option, std::vector<std::string>& names,
              const std::string& what, const std::string& help) {
  command.add_option(option, names, help + "; several times for any of them")
      ->type_name(what)
      ->allow_extra_args(false);
}

// A time, or how long ago.
void AddTime(CLI::App& command, const std::string& name, const std::string& help,
             std::optional<Timestamp>& time, std::optional<absl::Duration>& ago) {
  command
      .add_option_function<std::string>(
          name,
          [name, &time, &ago](const std::string& text) {
            if (absl::StatusOr<Timestamp> read = ParseTimestamp(text); read.ok()) {
              time = *read;
              return;
            }
            absl::Duration duration;
            if (!ParseScalar(text, duration).ok()) {
              throw CLI::ValidationError(
                  name, "expected a time (2030-01-02T03:04:05Z) or how long ago (2h, 30m)");
            }
            ago = duration;
          },
          help)
      ->type_name("TIME|AGO");
}

void AddFilter(CLI::App& command, DeadCommand& values) {
  DeadLetterFilter& filter = values.filter;
  AddNames(command, "--module,-m", filter.modules, "MODULE",
           "Of this module: catalog-service, or bookstore/analytics-service");
  AddNames(command, "--channel", filter.channels, "CHANNEL", "From this channel");
  AddNames(command, "--type,-t", filter.types, "TYPE", "Of this event type");
  AddNames(command, "--key,-k", filter.keys, "KEY", "With this partition key");
  AddNames(command, "--reason,-r", filter.reasons, "REASON",
           "For this reason (NOT_FOUND, undecodable), or with this in its detail");
  command
      .add_option_function<std::vector<std::string>>(
          "--id",
          [&filter](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              Uuid uuid = {};
              if (absl::Status status = ParseScalar(text, uuid); !status.ok()) {
                Refuse("--id", status);
              }
              filter.ids.push_back(uuid);
            }
          },
          "This dead letter, or those of this event; several times for any of them")
      ->type_name("UUID")
      ->allow_extra_args(false);
  AddTime(command, "--since", "Failed last then or later", filter.since, values.since_ago);
  AddTime(command, "--before", "Failed last earlier", filter.before, values.before_ago);
}

CLI::App* AddOne(CLI::App& dead, ParsedCommand& parsed, const std::string& name,
                 const std::string& help, std::shared_ptr<DeadCommand> values, Action action) {
  CLI::App* command = dead.add_subcommand(name, help);
  AddFilter(*command, *values);
  AddConfiguration(*command, values->configuration, /*required=*/true);
  AddTimeout(*command, "How long the broker may not answer (default: 30s)",
             [values](absl::Duration timeout) { values->timeout = timeout; });
  command->add_flag("--json", values->json, "One JSON object a line, for each dead letter");
  command->callback([values, action, &parsed] {
    parsed.run = [values, action](Environment& environment) {
      return action(*values, environment);
    };
  });
  return command;
}

void AddRemoval(CLI::App& command, DeadCommand& values) {
  command.add_flag("--all", values.all, "All dead letters: needed where there is no filter");
  command.add_flag("--dry-run", values.dry_run, "Only say what would be done");
  command
      .add_option_function<double>(
          "--rate", [&values](double rate) { values.rate = rate; }, "The most of them a second")
      ->type_name("NUMBER")
      ->check(CLI::Range(0.001, 1e6));
}

}  // namespace

void AddDead(CLI::App& app, ParsedCommand& parsed) {
  CLI::App* dead = app.add_subcommand(
      "dead", "Dead letters: what modules could not handle. Look at them, replay or purge them.");
  dead->require_subcommand(1);

  auto listed = std::make_shared<DeadCommand>();
  CLI::App* list = AddOne(*dead, parsed, "list", "List them, one a line; nothing is taken away.",
                          listed, &ListDead);
  list->add_option_function<int>(
          "--count,-n", [listed](int count) { listed->count = count; }, "No more than so many")
      ->check(CLI::Range(1, 1'000'000'000));

  auto shown = std::make_shared<DeadCommand>();
  CLI::App* show =
      AddOne(*dead, parsed, "show", "Show all that is in them. Exits with 1 when there is none.",
             shown, &ShowDead);
  show->add_flag("--body", shown->body,
                 "Write one dead letter's body, as it came, and nothing else")
      ->excludes("--json");

  auto replayed = std::make_shared<DeadCommand>();
  CLI::App* replay =
      AddOne(*dead, parsed, "replay",
             "Send them back to the module that failed, as the same events; each is gone from the "
             "dead letters once the broker has its replay. What is parked behind one follows it. "
             "Replaying twice is harmless.",
             replayed, &ReplayDead);
  AddRemoval(*replay, *replayed);
  replay
      ->add_option_function<std::string>(
          "--edit", [replayed](const std::string& file) { replayed->edit = file; },
          "Replay this instead, for exactly one dead letter: the whole message, or its payload "
          "alone; a file, or - for standard input. Checked against the contract")
      ->type_name("FILE|-");

  auto purged = std::make_shared<DeadCommand>();
  CLI::App* purge =
      AddOne(*dead, parsed, "purge",
             "Remove them for good. What is parked behind one, and not meant, comes back.", purged,
             &PurgeDead);
  AddRemoval(*purge, *purged);
}

}  // namespace omnibus::cli
