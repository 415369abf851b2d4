#include "cli/bench.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/bench_bus.h"
#include "bench/machine.h"
#include "bench/sample.h"
#include "cli/bench_output.h"
#include "cli/configuration_files.h"
#include "cli/data_argument.h"
#include "cli/event_line.h"
#include "cli/names.h"
#include "cli/stop_signals.h"
#include "cli/tables.h"
#include "cli/transport_choice.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

using What = BenchCommand::What;

constexpr std::string_view kDefaultEvent = "order.created";

absl::StatusOr<const EventType*> EventOf(const BenchCommand& command,
                                         const std::vector<Domain>& domains) {
  if (!command.event.empty()) return FindEvent(domains, command.event);
  const std::vector<const EventType*> events = AllEvents(domains);
  for (const EventType* event : events) {
    if (event->contract->type == kDefaultEvent) return event;
  }
  if (!events.empty()) return events[0];
  return absl::NotFoundError("no domain of this program declares an event");
}

absl::StatusOr<std::unique_ptr<bench::Sample>> SampleOf(const BenchCommand& command,
                                                        const EventType& event) {
  absl::StatusOr<std::string> data =
      command.data.empty() ? std::string() : ReadDataArgument(command.data);
  if (!data.ok()) return data.status();
  return bench::Sample::Make(event, *data,
                             command.channel.empty() ? bench::ChannelFor(event) : command.channel);
}

// The configuration for the sample's channel.
absl::StatusOr<Setting> ConfigurationOf(const BenchCommand& command, const EventType& event,
                                        const bench::Sample& sample,
                                        const std::vector<TransportPlugin>& plugins,
                                        const std::vector<Domain>& domains) {
  std::vector<Domain> known = domains;
  known.push_back(bench::DomainOf(sample));
  absl::StatusOr<LoadedConfiguration> loaded = LoadConfiguration(command.configuration, known);
  if (!loaded.ok()) return loaded.status();
  const Setting::Place place = {.file = "bench", .line = 0, .column = 0};
  if (command.transport.empty()) {
    // It travels as the events that it stands for.
    const Setting channels = loaded->root.Find("channels");
    const Setting original = channels.Find(event.contract->channel);
    const std::string channel(sample.type().contract->channel);
    if (!original || channels.Find(channel)) return loaded->root;
    return Replaced(loaded->root, "channels", Replaced(channels, channel, original, place), place);
  }
  const auto is_it = [&](const auto& entry) {
    return entry.first == command.transport || entry.second.kind == command.transport;
  };
  const auto& entries = loaded->bus.transports;
  if (std::find_if(entries.begin(), entries.end(), is_it) == entries.end()) {
    for (const TransportPlugin& plugin : plugins) {
      if (plugin.kind != command.transport) continue;
      const Setting transports = Replaced(loaded->root.Find("transports"), command.transport,
                                          Setting::MakeMap({}, place), place);
      loaded->root = Replaced(loaded->root, "transports", transports, place);
      absl::StatusOr<BusConfiguration> bus = ReadBusConfiguration(loaded->root);
      if (!bus.ok()) return bus.status();
      loaded->bus = *std::move(bus);
    }
  }
  return WithTransport(*loaded, command.transport);
}

// One line of a terminal that is written over and over.
class ProgressLine {
 public:
  explicit ProgressLine(const Environment& environment)
      : shown_(isatty(STDERR_FILENO) == 1 && environment.log->should_log(spdlog::level::warn)) {}

  std::function<void(std::string_view)> Writer() {
    if (!shown_) return nullptr;
    return [](std::string_view text) {
      const std::string line = absl::StrCat("\r\x1b[K", AbslView(text));
      std::fwrite(line.data(), 1, line.size(), stderr);
    };
  }
  void Clear() const {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  const bool shown_;
};

bench::Load LoadOf(const BenchCommand& command) {
  bench::Load load;
  load.rate = command.rate;
  load.publishers = command.publishers;
  load.wait = command.wait;
  load.keys = command.keys;
  if (command.messages.has_value()) {
    load.messages = *command.messages;
    if (command.duration.has_value()) load.duration = *command.duration;
  } else {
    const absl::Duration usual =
        command.what == What::kDispatch ? absl::Seconds(5) : absl::Seconds(10);
    load.duration = command.duration.value_or(usual);
  }
  if (command.what == What::kLatency && load.rate == 0) load.rate = 1000;
  return load;
}

template <typename Result>
absl::StatusOr<BenchOutcome> OutcomeOrStatus(const BenchSubject& subject,
                                             const absl::StatusOr<Result>& result) {
  if (!result.ok()) return result.status();
  return OutcomeOf(subject, *result);
}

absl::StatusOr<BenchOutcome> Measure(const BenchSubject& subject, const bench::Setup& setup) {
  const bench::Load load = LoadOf(subject.command);
  switch (subject.command.what) {
    case What::kDispatch:
      return OutcomeOrStatus(subject, bench::MeasureDispatch(setup, load));
    case What::kThroughput:
      return OutcomeOrStatus(subject, bench::MeasureThroughput(setup, subject.command.mode, load));
    case What::kLatency:
      return OutcomeOrStatus(subject, bench::MeasureLatency(setup, load));
    case What::kSerialization:
      break;
  }
  absl::StatusOr<std::vector<bench::SerializationResult>> results =
      bench::MeasureSerialization(*setup.sample, *setup.runtime,
                                  subject.command.duration.value_or(absl::Seconds(3)), setup.stop);
  if (!results.ok()) return results.status();
  const bool of_a_transport =
      !subject.command.transport.empty() || !subject.command.configuration.empty();
  if (of_a_transport) {
    std::erase_if(*results, [&](const auto& each) { return each.dialect != setup.dialect; });
  }
  return OutcomeOf(subject, *results);
}

void Print(const BenchOutcome& outcome, bool json, Output& out) {
  if (json) {
    for (const std::string& line : outcome.json) out.Line(line);
    return;
  }
  const bool coloured = OutputIsColoured();
  for (const bench::Report::Table& table : outcome.report.tables) {
    if (&table != &outcome.report.tables.front()) out.Line("");
    out.Line(TableText({table.title, {"", "measured"}, table.rows}, coloured));
  }
}

}  // namespace

std::string_view NameOf(What what) {
  switch (what) {
    case What::kSerialization:
      return "serialization";
    case What::kDispatch:
      return "dispatch";
    case What::kLatency:
      return "latency";
    case What::kThroughput:
      break;
  }
  return "throughput";
}

int Bench(const BenchCommand& command, Environment& environment) {
  absl::StatusOr<const EventType*> event = EventOf(command, environment.domains);
  if (!event.ok()) return Complain(event.status(), kWrong);
  absl::StatusOr<std::unique_ptr<bench::Sample>> sample = SampleOf(command, **event);
  if (!sample.ok()) return Complain(sample.status(), kWrong);
  const std::vector<TransportPlugin> plugins = DefaultTransports();
  absl::StatusOr<Setting> configuration =
      ConfigurationOf(command, **event, **sample, plugins, environment.domains);
  if (!configuration.ok()) return Complain(configuration.status(), kWrong);
  absl::StatusOr<BusConfiguration> bus = ReadBusConfiguration(*configuration);
  if (!bus.ok()) return Complain(bus.status(), kWrong);
  absl::StatusOr<ChannelRoute> route = RouteOf(*bus, plugins, (*sample)->type().contract->channel);
  if (!route.ok()) return Complain(route.status(), kWrong);
  if (command.what == What::kThroughput && command.mode != bench::Mode::kBoth &&
      route->plugin->kind == kMemoryTransport) {
    return Complain(
        "--mode publish and --mode consume need a broker: the memory transport lives in "
        "one process; give --transport or --config",
        kWrong);
  }
  if (absl::Status status = (*sample)->GrowTo(command.size, route->dialect); !status.ok()) {
    return Complain(status, kWrong);
  }
  std::ofstream report;
  if (!command.report.empty()) {
    report.open(command.report);
    if (!report) return Complain(command.report + ": cannot be written", kFailed);
  }
  if (!bench::BuiltOptimized()) {
    environment.log->warn("this program was built without optimization: its times say nothing");
  }

  StopSignals signals(environment.runtime);
  ProgressLine progress(environment);
  BenchSubject subject = {command, std::string((*event)->contract->type), route->transport,
                          bench::DescribeMachine()};
  for (const TransportPlugin& plugin : plugins) {
    if (plugin.client.empty()) continue;
    subject.machine.push_back({absl::StrCat(AbslView(plugin.kind), " client"), plugin.client});
  }
  bench::Setup setup;
  setup.configuration = *std::move(configuration);
  setup.transports = plugins;
  setup.transport = route->transport;
  setup.dialect = route->dialect;
  setup.sample = sample->get();
  setup.runtime = &environment.runtime;
  setup.log = environment.log;
  setup.timeout = command.timeout;
  setup.stop = signals.token();
  setup.progress = progress.Writer();
  absl::StatusOr<BenchOutcome> outcome = Measure(subject, setup);
  progress.Clear();
  if (!outcome.ok()) return Complain(outcome.status(), CodeOf(outcome.status()));

  Print(*outcome, command.json, environment.out);
  if (report.is_open()) {
    report << bench::Html(outcome->report);
    report.close();
    if (!report) return Complain(command.report + ": cannot be written", kFailed);
  }
  if (!environment.out.status().ok()) return Complain(environment.out.status(), kFailed);
  return outcome->failure.empty() ? kDone : Complain(outcome->failure, kFailed);
}

}  // namespace omnibus::cli
