#include "domains/bookstore/order_http.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "domains/bookstore/order_service.h"
#include "domains/support/json_reply.h"
#include "omnibus/json.h"

namespace bookstore {
namespace {

struct PlacedBody {
  std::int64_t order_id;
  omnibus::Decimal total_amount;
  OrderStatus status;
};

struct OrderBody {
  std::int64_t order_id;
  std::int64_t user_id;
  std::vector<OrderItem> items;
  omnibus::Decimal total_amount;
  OrderStatus status;
};

omnibus::HttpResponse Place(OrderService& service, const omnibus::HttpRequest& request) {
  absl::StatusOr<OrderRequest> body = omnibus::FromJson<OrderRequest>(request.body);
  if (!body.ok()) return omnibus::Problem(body.status());
  absl::StatusOr<Order> order = service.PlaceOrder(*body, request.correlation_id);
  if (!order.ok()) return omnibus::Problem(order.status());
  omnibus::HttpResponse response = domain_support::JsonReply(
      201, PlacedBody{order->order_id, order->total_amount, order->status});
  response.headers.push_back({"Location", absl::StrCat("/orders/", order->order_id)});
  return response;
}

omnibus::HttpResponse Show(const OrderService& service, const omnibus::HttpRequest& request) {
  std::int64_t order_id = 0;
  if (!domain_support::ParseId(request.Parameter("id"), order_id)) {
    return omnibus::Problem(absl::InvalidArgumentError("id: expected an integer"), "id");
  }
  absl::StatusOr<Order> order = service.Find(order_id);
  if (!order.ok()) return omnibus::Problem(order.status());
  return domain_support::JsonReply(
      200, OrderBody{order->order_id, order->user_id, std::move(order->items), order->total_amount,
                     order->status});
}

}  // namespace

void AddOrderRoutes(omnibus::HttpServer& server, OrderService& service) {
  server.Route("POST", "/orders",
               [&service](const omnibus::HttpRequest& request) { return Place(service, request); });
  server.Route("GET", "/orders/{id}",
               [&service](const omnibus::HttpRequest& request) { return Show(service, request); });
}

}  // namespace bookstore
