// The bookstore's analytics-service: counts orders, revenue, and failures by book.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domains/bookstore/events.h"
#include "domains/bookstore/sales_model.h"
#include "domains/support/front_door.h"
#include "omnibus/module.h"

namespace bookstore {

struct AnalyticsServiceOptions {
  std::string http = {};  // where the front door listens; empty: nowhere
};

// Thread-safety: any thread, concurrently.
class AnalyticsService final : public omnibus::Module {
 public:
  explicit AnalyticsService(AnalyticsServiceOptions options = {},
                            std::shared_ptr<SalesModel> model = MakeMemorySalesModel());

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;
  void Stop() override;

  absl::StatusOr<SalesReport> Report() const { return model_->Report(); }

  int http_port() const { return front_door_.port(); }

 private:
  absl::Status OnOrder(const OrderCreated& event, omnibus::Context& context);
  absl::Status OnRequest(const StockReserveRequest& event, omnibus::Context& context);
  absl::Status OnSuccess(const StockReserveSucceeded& event, omnibus::Context& context);
  absl::Status OnFailure(const StockReserveFailed& event, omnibus::Context& context);

  const AnalyticsServiceOptions options_;
  const std::shared_ptr<SalesModel> model_;
  domain_support::FrontDoor front_door_;
};

}  // namespace bookstore
