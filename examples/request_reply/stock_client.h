// Asks catalog-service for stock, and waits for its answer.
//
// A request and its reply are events like all others: nothing is lost when either side stops in
// between, and others (analytics-service) see them too. What waits here is this process alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domains/bookstore/events.h"
#include "omnibus/module.h"

// Takes the part of order-service. Thread-safety: any thread but a handler's, concurrently.
class StockClient final : public omnibus::Module {
 public:
  StockClient() : Module(bookstore::kBookstore, "order-service") {}

  // The books that fell short; none: all is reserved. kDeadlineExceeded: no answer in time. It may
  // still come, and the stock be reserved: ask again with the same order id, which reserves once.
  // Each order is asked for by one thread at a time.
  absl::StatusOr<std::vector<bookstore::Shortfall>> Reserve(
      const bookstore::StockReserveRequest& request, absl::Duration timeout);

  void Describe(omnibus::ModuleDescription& module) override;
  absl::Status Start(omnibus::ModuleHost& host) override;

 private:
  struct Question {
    std::unique_ptr<omnibus::Doorbell> answered;
    std::optional<std::vector<bookstore::Shortfall>> answer;
  };

  absl::Status OnSucceeded(const bookstore::StockReserveSucceeded& event, omnibus::Context&);
  absl::Status OnFailed(const bookstore::StockReserveFailed& event, omnibus::Context&);
  void Answer(std::int64_t order_id, std::vector<bookstore::Shortfall> shortfalls);

  omnibus::ModuleHost* host_ = nullptr;
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<Question>> questions_;  // by order, while somebody waits
};
