// A question and its answer as two events: the bookstore's reservation of stock.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include "domains/bookstore/catalog_service.h"
#include "omnibus/bus.h"
#include "spdlog/spdlog.h"
#include "stock_client.h"

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

absl::Status Order(StockClient& client, std::int64_t order_id, std::int64_t quantity) {
  absl::StatusOr<std::vector<bookstore::Shortfall>> shortfalls =
      client.Reserve({.order_id = order_id, .user_id = 1, .items = {{1, quantity}}},
                     /*timeout=*/absl::Seconds(10));
  if (!shortfalls.ok()) return shortfalls.status();
  if (shortfalls->empty()) std::printf("order %d: reserved\n", static_cast<int>(order_id));
  for (const bookstore::Shortfall& each : *shortfalls) {
    std::printf("order %d: %d wanted, %d there\n", static_cast<int>(order_id),
                static_cast<int>(each.requested), static_cast<int>(each.available));
  }
  return absl::OkStatus();
}

}  // namespace

int main() {
  spdlog::set_level(spdlog::level::warn);  // the log goes to standard output, as our answers do

  auto owned_client = std::make_unique<StockClient>();
  StockClient& client = *owned_client;

  omnibus::BusOptions options;
  options.transports = omnibus::DefaultTransports();
  options.modules.push_back(std::move(owned_client));
  options.modules.push_back(std::make_unique<bookstore::CatalogService>(
      bookstore::CatalogServiceOptions{.http = {}, .stock = {{1, 10}}}));
  absl::StatusOr<std::unique_ptr<omnibus::Bus>> bus = omnibus::Bus::Open(std::move(options));
  if (!bus.ok()) return Fail(bus.status());

  for (std::int64_t order_id : {1, 2, 3}) {
    if (absl::Status status = Order(client, order_id, /*quantity=*/4); !status.ok()) {
      return Fail(status);
    }
  }
  const absl::Status status = (*bus)->Close();
  return status.ok() ? 0 : Fail(status);
}
