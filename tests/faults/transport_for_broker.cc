#include "tests/faults/transport_for_broker.h"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "omnibus/configuration.h"
#include "omnibus/runtime.h"
#include "omnibus/transport_plugin.h"
#include "spdlog/spdlog.h"

namespace omnibus::faults {
namespace {

absl::Time Now() { return SystemRuntime().Now(); }

}  // namespace

std::string KindName(Kind kind) { return kind == Kind::kKafka ? "kafka" : "rabbitmq"; }

bool HasTransport(Kind kind) {
  const std::vector<TransportPlugin> plugins = DefaultTransports();
  return std::any_of(plugins.begin(), plugins.end(),
                     [&](const TransportPlugin& plugin) { return plugin.kind == KindName(kind); });
}

std::string TransportSettings(Kind kind, const std::string& address) {
  if (kind == Kind::kKafka) return "{brokers: \"" + address + "\"}";
  return "{url: \"" + address +
         "\", heartbeat: 1s, connect_timeout: 2s, reconnect: {max_delay: 1s}}";
}

std::unique_ptr<Transport> MakeTransport(Kind kind, const std::string& address) {
  const absl::StatusOr<Setting> settings =
      ParseSettings(TransportSettings(kind, address), "settings of the test");
  for (const TransportPlugin& plugin : DefaultTransports()) {
    if (plugin.kind != KindName(kind)) continue;
    absl::StatusOr<std::unique_ptr<Transport>> made =
        plugin.make(KindName(kind), *settings, SystemRuntime(), spdlog::default_logger());
    if (!made.ok()) spdlog::error("{}", made.status().ToString());
    return made.ok() ? *std::move(made) : nullptr;
  }
  return nullptr;
}

absl::Duration TwoHeartbeats(Kind kind) {
  return kind == Kind::kKafka ? absl::Seconds(3) : absl::Seconds(2);
}

absl::Duration TimeUntilItServes(Transport& transport, const std::string& channel,
                                 absl::Duration patience) {
  const absl::Time begun = Now();
  const std::unique_ptr<Producer> producer = *transport.OpenProducer();
  // More than a page: a full disk still has room in the pages that files have already.
  const std::string body(8192, ' ');
  while (Now() < begun + patience) {
    OutgoingMessage message;
    message.channel = channel;
    message.type = "thing.happened";
    message.key = "key";
    message.body = body;
    message.mandatory = false;
    auto outcome = std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> known = outcome->get_future();
    const absl::Status sent =
        producer->Send(message, Now() + absl::Milliseconds(500),
                       [outcome](absl::Status status) { outcome->set_value(std::move(status)); });
    if (sent.ok() && known.get().ok()) return Now() - begun;
    SystemRuntime().SleepUntil(Now() + absl::Milliseconds(20));
  }
  return absl::InfiniteDuration();
}

}  // namespace omnibus::faults
