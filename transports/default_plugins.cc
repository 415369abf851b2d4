#include <string>
#include <utility>

#include "omnibus/transport_plugin.h"
#include "omnibus/transports/memory.h"
#if OMNIBUS_HAS_KAFKA
#include "omnibus/transports/kafka.h"
#endif
#if OMNIBUS_HAS_RABBITMQ
#include "omnibus/transports/rabbitmq.h"
#endif

namespace omnibus {
namespace {

#if OMNIBUS_HAS_KAFKA || OMNIBUS_HAS_RABBITMQ
// A plug-in from the functions that each transport's header has.
template <typename Options>
TransportPlugin MakePlugin(std::string_view kind, Dialect dialect, std::string client,
                           absl::StatusOr<Options> (*read)(const Setting&, std::string_view),
                           absl::StatusOr<std::unique_ptr<Transport>> (*make)(
                               Options, Runtime&, std::shared_ptr<spdlog::logger>)) {
  TransportPlugin plugin;
  plugin.kind = kind;
  plugin.dialect = dialect;
  plugin.client = std::move(client);
  plugin.make =
      [read, make](
          std::string_view name, const Setting& settings, Runtime& runtime,
          std::shared_ptr<spdlog::logger> log) -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<Options> options = read(settings, "transports." + std::string(name));
    if (!options.ok()) return options.status();
    return make(*std::move(options), runtime, std::move(log));
  };
  return plugin;
}
#endif

}  // namespace

std::vector<TransportPlugin> DefaultTransports() {
  std::vector<TransportPlugin> plugins;
  plugins.push_back(MakeMemoryPlugin());
#if OMNIBUS_HAS_KAFKA
  plugins.push_back(MakePlugin<KafkaOptions>("kafka", Dialect::kCamel, KafkaClient(),
                                             &ReadKafkaOptions, &MakeKafkaTransport));
#endif
#if OMNIBUS_HAS_RABBITMQ
  plugins.push_back(MakePlugin<RabbitMqOptions>("rabbitmq", Dialect::kSnake, RabbitMqClient(),
                                                &ReadRabbitMqOptions, &MakeRabbitMqTransport));
#endif
  return plugins;
}

}  // namespace omnibus
