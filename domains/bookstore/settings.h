// The services' settings: `modules.<name>.settings`.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "domains/bookstore/analytics_service.h"
#include "domains/bookstore/catalog_service.h"
#include "domains/bookstore/order_service.h"
#include "omnibus/configuration.h"

namespace bookstore {

// `path` names the settings in errors. kInvalidArgument with the place of each error.
absl::StatusOr<OrderServiceOptions> ReadOrderSettings(const omnibus::Setting& settings,
                                                      const std::string& path);
absl::StatusOr<CatalogServiceOptions> ReadCatalogSettings(const omnibus::Setting& settings,
                                                          const std::string& path);
absl::StatusOr<AnalyticsServiceOptions> ReadAnalyticsSettings(const omnibus::Setting& settings,
                                                              const std::string& path);

}  // namespace bookstore
