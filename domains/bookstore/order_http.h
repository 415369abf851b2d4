// order-service's front door.
#pragma once

#include "omnibus/http.h"

namespace bookstore {

class OrderService;

// POST /orders, GET /orders/{id}. `service` outlives the server.
void AddOrderRoutes(omnibus::HttpServer& server, OrderService& service);

}  // namespace bookstore
