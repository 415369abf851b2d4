#include "domains/bookstore/domain.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "domains/bookstore/demonstration.h"
#include "domains/bookstore/events.h"
#include "domains/bookstore/settings.h"

namespace bookstore {
namespace {

template <typename Service, auto ReadSettings>
absl::StatusOr<std::unique_ptr<omnibus::Module>> Make(const omnibus::Setting& settings,
                                                      const std::string& path) {
  auto options = ReadSettings(settings, path);
  if (!options.ok()) return options.status();
  return std::make_unique<Service>(*std::move(options));
}

}  // namespace

omnibus::Domain BookstoreDomain() {
  return {.name = &kBookstore,
          .events = {&omnibus::EventTypeOf<OrderCreated>(),
                     &omnibus::EventTypeOf<StockReserveRequest>(),
                     &omnibus::EventTypeOf<StockReserveSucceeded>(),
                     &omnibus::EventTypeOf<StockReserveFailed>()},
          .modules = {{"order-service", Make<OrderService, ReadOrderSettings>},
                      {"catalog-service", Make<CatalogService, ReadCatalogSettings>},
                      {"analytics-service", Make<AnalyticsService, ReadAnalyticsSettings>}},
          .demonstration = MakeDemonstration};
}

}  // namespace bookstore
