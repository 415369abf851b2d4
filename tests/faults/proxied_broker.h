// A private broker that its clients reach by a proxy: what a test of faults runs against.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "tests/faults/tcp_proxy.h"
#include "tests/support/brokers.h"

namespace omnibus::faults {

using Kind = testing::PrivateBroker::Kind;

// Thread-safety: one thread; the proxy from any.
class ProxiedBroker {
 public:
  // Some seconds. Nullptr when there is none to be had; standard error has the reason.
  // `disk_bytes`: see PrivateBroker::Options.
  static std::unique_ptr<ProxiedBroker> Start(Kind kind, std::size_t disk_bytes = 0);

  Kind kind() const { return broker_.kind(); }
  testing::PrivateBroker& broker() { return broker_; }
  TcpProxy& proxy() { return *proxy_; }

  // For clients under test, by the proxy: "host:port", or a URL with `user`, whose password is the
  // same.
  std::string address(const std::string& user = "guest") const;
  // Past the proxy, for the test's own business.
  const std::string& direct_address() const { return broker_.address(); }

 private:
  ProxiedBroker(std::unique_ptr<TcpProxy> proxy, testing::PrivateBroker broker)
      : proxy_(std::move(proxy)), broker_(std::move(broker)) {}

  std::unique_ptr<TcpProxy> proxy_;
  testing::PrivateBroker broker_;
};

}  // namespace omnibus::faults
