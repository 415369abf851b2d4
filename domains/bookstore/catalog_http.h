// catalog-service's front door.
#pragma once

#include "omnibus/http.h"

namespace bookstore {

class CatalogService;

// GET /stock/{book_id}. `service` outlives the server.
void AddCatalogRoutes(omnibus::HttpServer& server, CatalogService& service);

}  // namespace bookstore
