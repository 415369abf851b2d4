#include "cli/demo.h"

#include <atomic>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/configuration_files.h"
#include "cli/event_flow.h"
#include "cli/event_line.h"
#include "cli/line_printer.h"
#include "cli/names.h"
#include "cli/staged_module.h"
#include "cli/stop_signals.h"
#include "cli/tables.h"
#include "cli/transport_choice.h"
#include "omnibus/bus.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

constexpr absl::Duration kLongestPlay = absl::Seconds(15);
// How often it looks whether the end is reached: nobody announces that.
constexpr absl::Duration kStep = absl::Milliseconds(50);

// One domain's stories.
class Stage {
 public:
  explicit Stage(const Domain& domain) : domain_(domain), show_(domain.demonstration()) {}

  const Domain& domain() const { return domain_; }
  Demonstration& show() { return *show_; }

  // On a thread of its own: the domains do not wait for each other.
  void Start(Runtime& runtime) {
    player_ = runtime.Spawn("demo", [this, &runtime] {
      played_ = show_->Play(runtime);
      ended_ = true;
    });
  }

  // OK; kUnavailable: not yet; any other: it went wrong.
  absl::Status Check() const {
    if (!ended_) return absl::UnavailableError("its stories are not told to the end");
    if (played_.ok()) return show_->Check();
    // That a broker was not available is no reason to wait for an end that cannot come.
    return absl::AbortedError(played_.message());
  }

  // After that, no story goes on.
  void Join() {
    if (player_ != nullptr) player_->Join();
  }

 private:
  const Domain& domain_;
  const std::unique_ptr<Demonstration> show_;
  absl::Status played_;  // constant once ended_
  std::atomic<bool> ended_ = false;
  std::unique_ptr<Thread> player_;
};

absl::StatusOr<Setting> ConfigurationOf(const DemoCommand& command,
                                        const std::vector<Domain>& domains) {
  absl::StatusOr<LoadedConfiguration> configuration =
      LoadConfiguration(command.configuration, domains);
  if (!configuration.ok()) return configuration.status();
  if (command.transport.empty()) return configuration->root;
  return WithTransport(*configuration, command.transport);
}

// Until all consume.
absl::Status WaitUntilReady(Bus& bus, StopSignals& signals, Runtime& runtime, absl::Time deadline) {
  while (true) {
    // A signal does not end the bus's waiting.
    const absl::Status status = bus.WaitUntilReady(absl::Milliseconds(200));
    if (!absl::IsDeadlineExceeded(status) || runtime.Now() >= deadline) return status;
    if (signals.stopped()) return absl::CancelledError("stopped by a signal");
  }
}

using Stages = std::vector<std::unique_ptr<Stage>>;

// Until each end state is reached, or one can no more be. An error says why it has to stop.
absl::Status Play(const Stages& stages, const LinePrinter& printer, StopSignals& signals,
                  Runtime& runtime) {
  const absl::Time deadline = runtime.Now() + kLongestPlay;
  for (const std::unique_ptr<Stage>& stage : stages) stage->Start(runtime);
  while (true) {
    bool waits = false;
    for (const std::unique_ptr<Stage>& stage : stages) {
      waits = waits || absl::IsUnavailable(stage->Check());
    }
    if (!waits) return absl::OkStatus();
    if (printer.failed()) return absl::CancelledError("nobody reads along");
    if (runtime.Now() >= deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("the end was not reached within ", absl::FormatDuration(kLongestPlay)));
    }
    if (signals.Wait(runtime.Now() + kStep)) return absl::CancelledError("stopped by a signal");
  }
}

// What is wrong with the end, a line each; nothing: it is right.
std::vector<std::string> ErrorsOf(const Stages& stages) {
  std::vector<std::string> errors;
  for (const std::unique_ptr<Stage>& stage : stages) {
    const absl::Status status = stage->Check();
    if (status.ok()) continue;
    // Most of them name the domain by themselves.
    const std::string prefix = std::string(stage->domain().name->name) + ": ";
    const std::string message(StdView(status.message()));
    errors.push_back(message.starts_with(prefix) ? message : prefix + message);
  }
  return errors;
}

void PrintTables(const Stages& stages, Output& out) {
  const bool coloured = OutputIsColoured();
  for (const std::unique_ptr<Stage>& stage : stages) {
    for (const Demonstration::Table& table : stage->show().State()) {
      out.Line("");
      out.Line(TableText(table, coloured));
    }
  }
}

void PrintState(const Stages& stages, bool ok, Output& out) {
  JsonLine state;
  for (const std::unique_ptr<Stage>& stage : stages) {
    const std::string prefix = std::string(stage->domain().name->name) + ": ";
    JsonLine tables;
    for (const Demonstration::Table& table : stage->show().State()) {
      // They stand under the domain's name already.
      std::string_view title = table.title;
      if (title.starts_with(prefix)) title.remove_prefix(prefix.size());
      tables.Raw(title, TableJson(table));
    }
    state.Raw(stage->domain().name->name, tables.Done());
  }
  out.Line(JsonLine().Raw("state", state.Done()).Bool("ok", ok).Done());
}

}  // namespace

int Demo(const DemoCommand& command, Environment& environment) {
  absl::StatusOr<Setting> configuration = ConfigurationOf(command, environment.domains);
  if (!configuration.ok()) return Complain(configuration.status(), kWrong);
  Stages stages;
  for (const Domain& domain : environment.domains) {
    if (domain.demonstration) stages.push_back(std::make_unique<Stage>(domain));
  }
  if (stages.empty()) return Complain("no domain of this program has a demonstration", kFailed);

  Runtime& runtime = environment.runtime;
  StopSignals signals(runtime);
  LinePrinter printer(environment.out, runtime);
  EventFlow flow(environment.domains, command.json, printer);
  BusOptions options;
  options.configuration = *std::move(configuration);
  options.transports = DefaultTransports();
  Chains chains;
  for (const std::unique_ptr<Stage>& stage : stages) {
    for (std::unique_ptr<Module>& module : stage->show().MakeModules()) {
      options.modules.push_back(MakeStagedModule(std::move(module), chains));
    }
  }
  options.events = AllEvents(environment.domains);
  options.runtime = &runtime;
  options.log = environment.log;
  options.observer = &flow;
  options.open_timeout = command.timeout;
  options.stop = signals.token();
  const absl::Time deadline = runtime.Now() + command.timeout;
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  if (!bus.ok()) return Complain(bus.status(), CodeOf(bus.status()));

  std::vector<std::string> errors;
  absl::Status played = WaitUntilReady(**bus, signals, runtime, deadline);
  if (played.ok()) played = Play(stages, printer, signals, runtime);
  if (!played.ok()) errors.emplace_back(StdView(played.message()));
  if (absl::Status closed = (*bus)->Close(); !closed.ok()) {
    errors.push_back("close: " + std::string(StdView(closed.message())));
  }
  for (const std::unique_ptr<Stage>& stage : stages) stage->Join();
  flow.Finish();
  printer.Finish();

  // What was right before all was drained may have become wrong by then.
  for (std::string& error : ErrorsOf(stages)) errors.push_back(std::move(error));
  if (!errors.empty() && !flow.Failures().empty()) errors.push_back(flow.Failures());
  if (command.json) {
    PrintState(stages, errors.empty(), environment.out);
  } else {
    PrintTables(stages, environment.out);
  }
  if (!environment.out.status().ok()) return Complain(environment.out.status(), kFailed);
  if (!errors.empty()) return Complain(absl::StrJoin(errors, "\n"), kFailed);
  return kDone;
}

}  // namespace omnibus::cli
