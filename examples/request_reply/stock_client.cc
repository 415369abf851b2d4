#include "stock_client.h"

#include <string>
#include <utility>

void StockClient::Describe(omnibus::ModuleDescription& module) {
  module.Publishes<bookstore::StockReserveRequest>();
  module.Handles(this, &StockClient::OnSucceeded);
  module.Handles(this, &StockClient::OnFailed);
}

absl::Status StockClient::Start(omnibus::ModuleHost& host) {
  host_ = &host;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<bookstore::Shortfall>> StockClient::Reserve(
    const bookstore::StockReserveRequest& request, absl::Duration timeout) {
  omnibus::Runtime& runtime = host_->runtime();
  const absl::Time deadline = runtime.Now() + timeout;
  auto question = std::make_shared<Question>();
  question->answered = runtime.NewDoorbell();
  {
    // Before the request is published: the answer may be quicker than the confirm.
    const std::lock_guard lock(mutex_);
    questions_[request.order_id] = question;
  }
  omnibus::PublishOptions options;
  options.timeout = timeout;
  absl::Status status = host_->publisher().Publish(request, options);
  if (status.ok() && !question->answered->Wait(deadline)) {
    status = absl::DeadlineExceededError("no answer for order " + std::to_string(request.order_id));
  }
  const std::lock_guard lock(mutex_);
  questions_.erase(request.order_id);
  if (question->answer.has_value()) return *std::move(question->answer);
  return status;
}

absl::Status StockClient::OnSucceeded(const bookstore::StockReserveSucceeded& event,
                                      omnibus::Context&) {
  Answer(event.order_id, {});
  return absl::OkStatus();
}

absl::Status StockClient::OnFailed(const bookstore::StockReserveFailed& event, omnibus::Context&) {
  Answer(event.order_id, event.items);
  return absl::OkStatus();
}

// Nobody waits for an answer that comes late: a real order-service keeps its orders, and goes by
// the answer whenever it comes (see domains/bookstore).
void StockClient::Answer(std::int64_t order_id, std::vector<bookstore::Shortfall> shortfalls) {
  const std::lock_guard lock(mutex_);
  const auto found = questions_.find(order_id);
  if (found == questions_.end()) return;
  found->second->answer = std::move(shortfalls);
  found->second->answered->Ring();
}
