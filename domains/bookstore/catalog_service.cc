#include "domains/bookstore/catalog_service.h"

#include <utility>

#include "domains/bookstore/catalog_http.h"
#include "domains/bookstore/rules.h"

namespace bookstore {

CatalogService::CatalogService(CatalogServiceOptions options)
    : Module(kBookstore, "catalog-service"),
      options_(std::move(options)),
      store_(MakeMemoryStockStore(options_.stock)) {}

CatalogService::CatalogService(CatalogServiceOptions options, std::shared_ptr<StockStore> store)
    : Module(kBookstore, "catalog-service"),
      options_(std::move(options)),
      store_(std::move(store)) {}

void CatalogService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &CatalogService::OnRequest);
  module.Publishes<StockReserveSucceeded, StockReserveFailed>();
}

absl::Status CatalogService::Start(omnibus::ModuleHost& host) {
  return front_door_.Open(options_.http, name(), host,
                          [this](omnibus::HttpServer& server) { AddCatalogRoutes(server, *this); });
}

void CatalogService::Stop() { front_door_.Close(); }

absl::Status CatalogService::OnRequest(const StockReserveRequest& request,
                                       omnibus::Context& context) {
  if (absl::Status status = CheckItems(request.items); !status.ok()) return InPayload(status);
  absl::StatusOr<Reservation> reservation = store_->Reserve(request.order_id, request.items);
  if (!reservation.ok()) return reservation.status();
  if (reservation->shortfalls.empty()) {
    return context.Publish(StockReserveSucceeded{.order_id = request.order_id,
                                                 .items = std::move(reservation->items)});
  }
  return context.Publish(StockReserveFailed{.order_id = request.order_id,
                                            .reason = ReserveFailure::not_enough_stock,
                                            .items = std::move(reservation->shortfalls)});
}

}  // namespace bookstore
