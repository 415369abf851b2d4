// A service's HTTP server, where its settings ask for one.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "omnibus/http.h"
#include "omnibus/module.h"

namespace domain_support {

// Thread-safety: Open() once, from Module::Start(); Close() from Module::Stop().
class FrontDoor {
 public:
  // Listens at `address`; an empty one is no front door. `service` names it in errors and logs.
  absl::Status Open(std::string_view address, std::string_view service, omnibus::ModuleHost& host,
                    const std::function<void(omnibus::HttpServer&)>& add_routes);

  // Takes no new request, and waits for those that run. Idempotent.
  void Close();

  // Where it listens; 0 when there is no front door.
  int port() const { return port_; }

 private:
  std::optional<omnibus::HttpServer> server_;
  int port_ = 0;
};

}  // namespace domain_support
