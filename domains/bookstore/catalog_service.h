// catalog-service: reserves stock for orders, all or nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/bookstore/events.h"
#include "domains/bookstore/stock_store.h"
#include "domains/support/front_door.h"
#include "omnibus/module.h"

namespace bookstore {

struct CatalogServiceOptions {
  std::string http = {};                            // where the front door listens; empty: nowhere
  std::map<std::int64_t, std::int64_t> stock = {};  // available of each book, by book_id
};

// Thread-safety: any thread, concurrently.
class CatalogService final : public omnibus::Module {
 public:
  explicit CatalogService(CatalogServiceOptions options = {});
  // With a store of the caller's: `options.stock` is then not looked at.
  CatalogService(CatalogServiceOptions options, std::shared_ptr<StockStore> store);

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;
  void Stop() override;

  // kNotFound: the catalog has no such book.
  absl::StatusOr<std::int64_t> Available(std::int64_t book_id) const {
    return store_->Available(book_id);
  }

  int http_port() const { return front_door_.port(); }

 private:
  absl::Status OnRequest(const StockReserveRequest& request, omnibus::Context& context);

  const CatalogServiceOptions options_;
  const std::shared_ptr<StockStore> store_;
  domain_support::FrontDoor front_door_;
};

}  // namespace bookstore
