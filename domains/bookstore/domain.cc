#include "domains/bookstore/domain.h"

#include "domains/bookstore/demonstration.h"
#include "domains/bookstore/events.h"
#include "domains/bookstore/settings.h"
#include "domains/support/module_factory.h"

namespace bookstore {

using domain_support::MakeModule;

omnibus::Domain BookstoreDomain() {
  return {.name = &kBookstore,
          .events = {&omnibus::EventTypeOf<OrderCreated>(),
                     &omnibus::EventTypeOf<StockReserveRequest>(),
                     &omnibus::EventTypeOf<StockReserveSucceeded>(),
                     &omnibus::EventTypeOf<StockReserveFailed>()},
          .modules = {{"order-service", MakeModule<OrderService, ReadOrderSettings>},
                      {"catalog-service", MakeModule<CatalogService, ReadCatalogSettings>},
                      {"analytics-service", MakeModule<AnalyticsService, ReadAnalyticsSettings>}},
          .demonstration = MakeDemonstration};
}

}  // namespace bookstore
