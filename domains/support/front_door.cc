#include "domains/support/front_door.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/log.h"

namespace domain_support {

absl::Status FrontDoor::Open(std::string_view address, std::string_view service,
                             omnibus::ModuleHost& host,
                             const std::function<void(omnibus::HttpServer&)>& add_routes) {
  if (address.empty()) return absl::OkStatus();
  server_.emplace(omnibus::HttpServerOptions(), host.runtime());
  add_routes(*server_);
  absl::StatusOr<int> port = server_->Start(address);
  if (!port.ok()) {
    server_.reset();
    return absl::Status(port.status().code(), absl::StrCat(omnibus::AbslView(service),
                                                           ": http: ", port.status().message()));
  }
  port_ = *port;
  omnibus::LogInfo(host.log(), omnibus::StdView(absl::StrCat(
                                   omnibus::AbslView(service), ": answers HTTP at ",
                                   omnibus::AbslView(address), " (port ", port_, ")")));
  return absl::OkStatus();
}

void FrontDoor::Close() {
  if (server_.has_value()) server_->Stop();
}

}  // namespace domain_support
