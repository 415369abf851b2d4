#include "cli/bench_options.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "cli/bench.h"
#include "cli/options.h"

namespace omnibus::cli {
namespace {

using What = BenchCommand::What;
using Values = std::shared_ptr<BenchCommand>;

// What every measurement has.
void AddCommon(CLI::App& command, const Values& values, const std::string& usual) {
  command.add_option("--transport", values->transport,
                     "memory (the default), or another of the configuration's; a kind without an "
                     "entry is used with its defaults");
  AddConfiguration(command, values->configuration, /*required=*/false);
  command.add_option("--event", values->event,
                     "The type of the event (default: order.created, or else the first there is)");
  command
      .add_option("--data", values->data,
                  "The event's payload: JSON, @FILE, or - for standard input")
      ->type_name("JSON|@FILE|-");
  command
      .add_option("--size", values->size,
                  "Make the event larger, until a message's body has at least so many bytes")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30));
  AddDuration(command, "--duration", "How long to measure (default: " + usual + ")",
              [values](absl::Duration duration) { values->duration = duration; });
  command.add_flag("--json", values->json, "Print an object instead of tables");
  command.add_option("--report", values->report, "Write a report with plots, as one HTML file")
      ->type_name("FILE.html");
}

// What those of a bus have too.
void AddLoad(CLI::App& command, const Values& values) {
  command.add_option("--publishers", values->publishers, "Threads that publish (default: 1)")
      ->check(CLI::Range(1, 10'000));
  command.add_flag("--wait", values->wait, "Each publisher waits for each confirm");
  command.add_option("--keys", values->keys, "Different partition keys (default: 1000)")
      ->check(CLI::Range(1, 10'000'000));
  command.add_option("--channel", values->channel,
                     "The channel, which is the benchmark's own (default: omnibus-bench.TYPE)");
  AddTimeout(command,
             "For reaching the broker, and for a message that does not come (default: 30s)",
             [values](absl::Duration timeout) { values->timeout = timeout; });
}

void AddRate(CLI::App& command, const Values& values, const std::string& help) {
  command.add_option("--rate", values->rate, help)->check(CLI::Range(0.001, 1e9));
}

void AddMessages(CLI::App& command, const Values& values) {
  command
      .add_option_function<std::int64_t>(
          "--messages", [values](std::int64_t messages) { values->messages = messages; },
          "How many messages, instead of a duration")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
}

CLI::App* AddWhat(CLI::App& group, ParsedCommand& parsed, const Values& values, What what,
                  const std::string& help) {
  CLI::App* command = group.add_subcommand(std::string(NameOf(what)), help);
  command->callback([values, what, &parsed] {
    values->what = what;
    parsed.run = [values](Environment& environment) { return Bench(*values, environment); };
  });
  return command;
}

}  // namespace

void AddBench(CLI::App& app, ParsedCommand& parsed) {
  CLI::App* group = app.add_subcommand(
      "bench",
      "Measure: codec, bus, throughput or latency, in this program's events, on any broker. The "
      "events travel on a channel of the benchmark's own.");
  group->require_subcommand(1);

  auto values = std::make_shared<BenchCommand>();
  CLI::App* command =
      AddWhat(*group, parsed, values, What::kSerialization,
              "Nanoseconds to write an event into its envelope and to read it back, in both "
              "spellings (with --transport or --config: in that one's)");
  AddCommon(*command, values, "3s");

  values = std::make_shared<BenchCommand>();
  command = AddWhat(*group, parsed, values, What::kDispatch,
                    "The bus alone: events a second from publish to handler inside this process, "
                    "latency at a tenth of that, and the CPU that it uses while idle");
  AddCommon(*command, values, "5s");
  AddLoad(*command, values);
  AddMessages(*command, values);
  AddRate(*command, values, "For the latency (default: a tenth of the throughput)");

  values = std::make_shared<BenchCommand>();
  command = AddWhat(*group, parsed, values, What::kThroughput,
                    "Events a second, every one confirmed and every one settled by itself");
  AddCommon(*command, values, "10s");
  AddLoad(*command, values);
  AddMessages(*command, values);
  AddRate(*command, values, "At most so many a second (default: as fast as it goes)");
  command
      ->add_option_function<std::string>(
          "--mode",
          [values](const std::string& mode) {
            for (const bench::Mode each :
                 {bench::Mode::kPublish, bench::Mode::kConsume, bench::Mode::kBoth}) {
              if (mode == bench::ModeName(each)) values->mode = each;
            }
          },
          "publish, consume, or both (the default): one side can have a process of its own")
      ->check(CLI::IsMember({"publish", "consume", "both"}));

  values = std::make_shared<BenchCommand>();
  command = AddWhat(*group, parsed, values, What::kLatency,
                    "Time from publish to handler at a steady rate, as percentiles");
  AddCommon(*command, values, "10s");
  AddLoad(*command, values);
  AddRate(*command, values, "Messages a second (default: 1000)");
}

}  // namespace omnibus::cli
