#include "domains/bookstore/catalog_http.h"

#include <cstdint>

#include "absl/status/statusor.h"
#include "domains/bookstore/catalog_service.h"
#include "domains/support/json_reply.h"

namespace bookstore {
namespace {

struct StockBody {
  std::int64_t book_id;
  std::int64_t available;
};

omnibus::HttpResponse Show(const CatalogService& service, const omnibus::HttpRequest& request) {
  std::int64_t book_id = 0;
  if (!domain_support::ParseId(request.Parameter("book_id"), book_id)) {
    return omnibus::Problem(absl::InvalidArgumentError("book_id: expected an integer"), "book_id");
  }
  absl::StatusOr<std::int64_t> available = service.Available(book_id);
  if (!available.ok()) return omnibus::Problem(available.status());
  return domain_support::JsonReply(200, StockBody{book_id, *available});
}

}  // namespace

void AddCatalogRoutes(omnibus::HttpServer& server, CatalogService& service) {
  server.Route("GET", "/stock/{book_id}",
               [&service](const omnibus::HttpRequest& request) { return Show(service, request); });
}

}  // namespace bookstore
