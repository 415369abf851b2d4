#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/configuration_files.h"
#include "cli/event_line.h"
#include "cli/names.h"
#include "cli/stop_signals.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);
constexpr absl::Duration kTry =
    absl::Seconds(5);  // for the broker to answer, before the next line of log
constexpr absl::Duration kPause = absl::Seconds(1);  // between two tries
constexpr absl::Duration kLeave = absl::Seconds(5);  // for leaving the group

// The group that is meant: `analytics-service`, `bookstore.analytics-service` or
// `bookstore/analytics-service`.
std::string ModuleOf(const Domain& domain, const std::string& group) {
  const std::string name(domain.name->name);
  for (const std::string& prefix : {name + ".", name + "/"}) {
    if (group.starts_with(prefix)) return group.substr(prefix.size());
  }
  return group;
}

// The types on the channel that the group handles; all of them for a group that no contract names.
std::vector<std::string> TypesOf(const std::vector<Domain>& domains, std::string_view channel,
                                 std::string_view module) {
  std::vector<std::string> all, own;
  for (const EventType* event : AllEvents(domains)) {
    const Contract& contract = *event->contract;
    if (contract.channel != channel) continue;
    all.emplace_back(contract.type);
    if (contract.consumers.contains(module)) own.emplace_back(contract.type);
  }
  return own.empty() ? all : own;
}

class Tailing {
 public:
  Tailing(const TailCommand& command, Environment& environment)
      : command_(command), environment_(environment), runtime_(environment.runtime) {}

  int Run() {
    const absl::Time start = runtime_.Now();
    ready_deadline_ = start + command_.timeout.value_or(kDefaultTimeout);
    deadline_ = command_.timeout.has_value() && command_.count.has_value() ? ready_deadline_
                                                                           : absl::InfiniteFuture();
    absl::StatusOr<const Domain*> domain = FindChannel(environment_.domains, command_.channel);
    if (!domain.ok()) return Complain(domain.status(), kWrong);
    absl::StatusOr<LoadedConfiguration> configuration =
        LoadConfiguration(command_.configuration, environment_.domains);
    if (!configuration.ok()) return Complain(configuration.status(), kWrong);
    const std::vector<TransportPlugin> plugins = DefaultTransports();
    absl::StatusOr<ChannelRoute> route = RouteOf(configuration->bus, plugins, command_.channel);
    if (!route.ok()) return Complain(route.status(), kWrong);

    StopSignals signals(runtime_);
    absl::StatusOr<std::unique_ptr<Transport>> transport =
        route->plugin->make(route->transport, route->options, runtime_, environment_.log);
    if (!transport.ok()) return Complain(transport.status(), CodeOf(transport.status()));
    if (command_.group.empty() && command_.from == StartFrom::kEarliest &&
        !(*transport)->GetCapabilities().replay) {
      return Complain(
          absl::StrCat("--from earliest: ", route->transport,
                       " keeps events only for groups: add --group "
                       "NAME for the backlog of that one (what is shown is taken from it)"),
          kWrong);
    }
    if (route->plugin->kind == kMemoryTransport) {
      environment_.log->warn("the memory transport lives in this process: nothing will come");
    }
    if (absl::Status status = Declare(**transport, configuration->bus, **domain, signals);
        !status.ok()) {
      if (signals.stopped()) return kDone;
      return Complain(status, CodeOf(status));
    }
    ConsumerOptions options;
    options.domain = (*domain)->name->name;
    options.module = ModuleOf(**domain, command_.group);
    options.subscriptions = {{Destination::kChannel, command_.channel,
                              TypesOf(environment_.domains, command_.channel, options.module)}};
    options.start_from = command_.from;
    absl::StatusOr<std::unique_ptr<Consumer>> consumer = (*transport)->OpenConsumer(options);
    if (!consumer.ok()) return Complain(consumer.status(), CodeOf(consumer.status()));
    EventLines lines(environment_.domains, command_.channel, route->dialect, command_.json);
    const int code = Read(**consumer, signals, lines);
    (void)(*consumer)->Close(runtime_.Now() + kLeave);
    return code;
  }

 private:
  bool Done() const { return command_.count.has_value() && printed_ >= *command_.count; }

  // What the group or the reader needs, so that it can start before whoever publishes.
  absl::Status Declare(Transport& transport, const BusConfiguration& bus, const Domain& domain,
                       const StopSignals& signals) {
    const ChannelConfiguration& channel = bus.Channel(command_.channel);
    Topology topology;
    topology.channels.push_back({command_.channel, channel.partitions, channel.replication});
    if (!command_.group.empty()) {
      const std::string module = ModuleOf(domain, command_.group);
      topology.groups.push_back({command_.channel, std::string(domain.name->name), module,
                                 TypesOf(environment_.domains, command_.channel, module)});
    }
    const DeclareMode mode =
        bus.declare == DeclareScope::kNever ? DeclareMode::kCheck : DeclareMode::kDeclare;
    absl::Status unreachable;  // the last try, cut short by the deadline, says less than that
    while (true) {
      const absl::Status status =
          transport.Declare(topology, mode, std::min(ready_deadline_, runtime_.Now() + kTry));
      if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) return status;
      const bool late = runtime_.Now() >= ready_deadline_;
      if (!late || unreachable.ok()) unreachable = status;
      if (late || signals.stopped()) {
        return absl::UnavailableError(
            absl::StrCat("the broker cannot be reached: ", unreachable.message(),
                         "; is it running, and is its address in the configuration right?"));
      }
      environment_.log->warn("waiting for the broker: {}", std::string(StdView(status.message())));
      runtime_.SleepUntil(std::min(ready_deadline_, runtime_.Now() + kPause));
    }
  }

  int Read(Consumer& consumer, StopSignals& signals, EventLines& lines) {
    const std::stop_callback wake(signals.token(), [&] { consumer.Interrupt(); });
    std::vector<ConsumerEvent> events;
    bool ready = false;
    while (!signals.stopped() && !Done()) {
      if (!ready && consumer.Health().healthy) {
        ready = true;
        const std::string line = "ready: " + command_.channel + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
      }
      const absl::Time now = runtime_.Now();
      if (!ready && now >= ready_deadline_) {
        return Complain(
            absl::StrCat("tail ", command_.channel, ": not ready within ",
                         absl::FormatDuration(command_.timeout.value_or(kDefaultTimeout)), ": ",
                         consumer.Health().detail),
            kFailed);
      }
      if (now >= deadline_) {
        return Complain(
            absl::StrCat("tail ", command_.channel, ": ", printed_, " of ", *command_.count,
                         " events came within ", absl::FormatDuration(*command_.timeout)),
            kFailed);
      }
      events.clear();
      const absl::Time until =
          ready ? deadline_ : std::min(ready_deadline_, now + absl::Milliseconds(50));
      const absl::Status status = consumer.Wait(until, kBatch, events);
      if (!status.ok()) return Complain(status, CodeOf(status));
      for (ConsumerEvent& event : events) {
        if (event.kind == ConsumerEvent::Kind::kRevoked) consumer.Release(event.epoch);
        if (event.kind != ConsumerEvent::Kind::kMessage || Done()) continue;
        environment_.out.Line(lines.Of(event.message));
        if (!environment_.out.status().ok()) {
          // Whoever reads along has seen enough, as `head` does.
          if (absl::IsCancelled(environment_.out.status())) return kDone;
          return Complain(environment_.out.status(), kFailed);
        }
        ++printed_;
        // A group has had what was shown; what came beyond --count goes back to it.
        consumer.Settle({&event.message.tag, 1});
      }
    }
    return kDone;
  }

  static constexpr std::size_t kBatch = 64;

  const TailCommand& command_;
  Environment& environment_;
  Runtime& runtime_;
  absl::Time ready_deadline_;
  absl::Time deadline_;
  int printed_ = 0;
};

}  // namespace

int Tail(const TailCommand& command, Environment& environment) {
  return Tailing(command, environment).Run();
}

}  // namespace omnibus::cli
