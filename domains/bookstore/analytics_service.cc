#include "domains/bookstore/analytics_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domains/bookstore/analytics_http.h"
#include "domains/bookstore/rules.h"

namespace bookstore {

AnalyticsService::AnalyticsService(AnalyticsServiceOptions options,
                                   std::shared_ptr<SalesModel> model)
    : Module(kBookstore, "analytics-service"),
      options_(std::move(options)),
      model_(std::move(model)) {}

void AnalyticsService::Describe(omnibus::ModuleDescription& module) {
  module.Handles(this, &AnalyticsService::OnOrder);
  module.Handles(this, &AnalyticsService::OnRequest);
  module.Handles(this, &AnalyticsService::OnSuccess);
  module.Handles(this, &AnalyticsService::OnFailure);
}

absl::Status AnalyticsService::Start(omnibus::ModuleHost& host) {
  return front_door_.Open(options_.http, name(), host, [this](omnibus::HttpServer& server) {
    AddAnalyticsRoutes(server, *this);
  });
}

void AnalyticsService::Stop() { front_door_.Close(); }

absl::Status AnalyticsService::OnOrder(const OrderCreated& event, omnibus::Context&) {
  if (absl::Status status = CheckItems(event.items); !status.ok()) return InPayload(status);
  if (event.total_amount < omnibus::Decimal()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "payload.total_amount: must be 0 or more, found ", omnibus::ToString(event.total_amount)));
  }
  return model_->RecordOrder(event.order_id, event.total_amount);
}

absl::Status AnalyticsService::OnRequest(const StockReserveRequest& event, omnibus::Context&) {
  if (absl::Status status = CheckItems(event.items); !status.ok()) return InPayload(status);
  return model_->RecordRequest(event.order_id);
}

absl::Status AnalyticsService::OnSuccess(const StockReserveSucceeded& event, omnibus::Context&) {
  if (absl::Status status = CheckItems(event.items); !status.ok()) return InPayload(status);
  return model_->RecordSuccess(event.order_id);
}

absl::Status AnalyticsService::OnFailure(const StockReserveFailed& event, omnibus::Context&) {
  if (absl::Status status = CheckShortfalls(event.items); !status.ok()) return InPayload(status);
  return model_->RecordFailure(event.order_id, event.items);
}

}  // namespace bookstore
