#include "domains/coworking/analytics_http.h"

#include "absl/status/statusor.h"
#include "domains/coworking/analytics_service.h"
#include "domains/support/json_reply.h"

namespace coworking {

void AddAnalyticsRoutes(omnibus::HttpServer& server, AnalyticsService& service) {
  server.Route("GET", "/report", [&service](const omnibus::HttpRequest&) {
    absl::StatusOr<ActivityReport> report = service.Report();
    if (!report.ok()) return omnibus::Problem(report.status());
    return domain_support::JsonReply(200, *report);
  });
}

}  // namespace coworking
