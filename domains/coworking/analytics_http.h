// The coworking's analytics-service's front door.
#pragma once

#include "omnibus/http.h"

namespace coworking {

class AnalyticsService;

// GET /report. `service` outlives the server.
void AddAnalyticsRoutes(omnibus::HttpServer& server, AnalyticsService& service);

}  // namespace coworking
