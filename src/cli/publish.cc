#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/configuration_files.h"
#include "cli/data_argument.h"
#include "cli/json_line.h"
#include "cli/names.h"
#include "envelope/envelope_codec.h"
#include "omnibus/bus.h"
#include "omnibus/internal/absl_view.h"
#include "spdlog/spdlog.h"

namespace omnibus::cli {
namespace {

// The events of its channel: what is declared is then the whole channel, and nothing else.
std::vector<const EventType*> EventsOf(const std::vector<Domain>& domains,
                                       std::string_view channel) {
  std::vector<const EventType*> events;
  for (const EventType* event : AllEvents(domains)) {
    if (event->contract->channel == channel) events.push_back(event);
  }
  return events;
}

int ComplainOfOutcome(const absl::Status& status, const std::string& what,
                      const Uuid& idempotency_key) {
  std::string message =
      absl::StrCat(what, ": ", AbslView(OutcomeName(OutcomeOf(status))), ": ", status.message());
  if (OutcomeOf(status) == PublishOutcome::kUnknown) {
    absl::StrAppend(&message,
                    "\nit may have been published: publish it again with --idempotency-key ",
                    ToString(idempotency_key), ", and it has its effect once");
  }
  return Complain(message, kFailed);
}

}  // namespace

int Publish(const PublishCommand& command, Environment& environment) {
  const absl::Time deadline = environment.runtime.Now() + command.timeout;
  absl::StatusOr<const EventType*> type = FindEvent(environment.domains, command.type);
  if (!type.ok()) return Complain(type.status(), kWrong);
  absl::StatusOr<LoadedConfiguration> configuration =
      LoadConfiguration(command.configuration, environment.domains);
  if (!configuration.ok()) return Complain(configuration.status(), kWrong);
  const std::vector<TransportPlugin> plugins = DefaultTransports();
  const Contract& contract = *(*type)->contract;
  absl::StatusOr<ChannelRoute> route = RouteOf(configuration->bus, plugins, contract.channel);
  if (!route.ok()) return Complain(route.status(), kWrong);

  absl::StatusOr<std::string> data = ReadDataArgument(command.data);
  if (!data.ok()) return Complain(data.status(), kWrong);
  absl::StatusOr<EventPointer> event =
      ParsePayloadInEitherNaming(**type, *data, PayloadNaming(route->dialect), "data");
  if (!event.ok()) return Complain(event.status(), kFailed);

  Runtime& runtime = environment.runtime;
  PublishOptions publish;
  publish.id = RandomUuid(runtime.Random(), runtime.Random());
  publish.correlation_id =
      command.correlation_id.value_or(RandomUuid(runtime.Random(), runtime.Random()));
  publish.idempotency_key =
      command.idempotency_key.value_or(RandomUuid(runtime.Random(), runtime.Random()));
  publish.key = command.key;

  BusOptions options;
  options.configuration = configuration->root;
  options.transports = plugins;
  options.events = EventsOf(environment.domains, contract.channel);
  options.runtime = &runtime;
  options.log = environment.log;
  options.open_timeout = command.timeout;
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  if (!bus.ok()) return Complain(bus.status(), CodeOf(bus.status()));

  publish.timeout = deadline - runtime.Now();
  const absl::Status status = (*bus)->PublishEvent(**type, event->get(), publish);
  (void)(*bus)->Close(absl::Seconds(1));  // the outcome is known: nothing is left to say
  if (!status.ok()) {
    return ComplainOfOutcome(status, "publish " + command.type, *publish.idempotency_key);
  }
  if (route->plugin->kind == kMemoryTransport) {
    environment.log->warn("the memory transport lives in this process: nobody will receive {}",
                          command.type);
  }
  const std::string id = ToString(*publish.id);
  environment.out.Line(!command.json
                           ? id
                           : JsonLine()
                                 .Text("id", id)
                                 .Text("type", contract.type)
                                 .Text("channel", contract.channel)
                                 .Text("correlation_id", ToString(*publish.correlation_id))
                                 .Text("idempotency_key", ToString(*publish.idempotency_key))
                                 .Done());
  if (environment.out.status().ok()) return kDone;
  return Complain(absl::StrCat(environment.out.status().message(), "; published was ", id),
                  kFailed);
}

}  // namespace omnibus::cli
