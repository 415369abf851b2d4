#include "tests/faults/proxied_broker.h"

#include <optional>
#include <utility>

namespace omnibus::faults {

std::unique_ptr<ProxiedBroker> ProxiedBroker::Start(Kind kind, std::size_t disk_bytes) {
  std::unique_ptr<TcpProxy> proxy = TcpProxy::Start();
  if (proxy == nullptr) return nullptr;
  std::optional<testing::PrivateBroker> broker = testing::PrivateBroker::Start(
      kind, {.advertised_port = proxy->port(), .disk_bytes = disk_bytes});
  if (!broker.has_value()) return nullptr;
  proxy->SetTarget(broker->proxied_port());
  return std::unique_ptr<ProxiedBroker>(new ProxiedBroker(std::move(proxy), *std::move(broker)));
}

std::string ProxiedBroker::address(const std::string& user) const {
  if (kind() == Kind::kKafka) return proxy_->address();
  return "amqp://" + user + ":" + user + "@" + proxy_->address() + "/";
}

}  // namespace omnibus::faults
