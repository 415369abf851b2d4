#include "transports/rabbitmq/publish_window.h"

namespace omnibus::rabbitmq {

void PublishWindow::Add(PublishRecordPtr record) {
  record->tag = next_;
  orders_[next_ % orders_.size()] = record->order;
  At(next_++) = std::move(record);
}

bool PublishWindow::IsFollowed(const PublishRecord& record) const {
  if (record.order == 0) return false;
  for (std::uint64_t i = record.tag + 1; i < next_; ++i) {
    if (orders_[i % orders_.size()] == record.order) return true;
  }
  return false;
}

void PublishWindow::Take(std::uint64_t number, bool multiple, Taker taker) {
  if (number == 0) {
    if (!multiple || empty()) return;
    number = next_ - 1;
  }
  if (number < oldest_ || number >= next_)
    return;  // settled already, or never sent: a broken broker
  for (std::uint64_t i = multiple ? oldest_ : number; i <= number; ++i) {
    if (At(i)) taker(std::exchange(At(i), nullptr));
  }
  while (oldest_ < next_ && !At(oldest_)) ++oldest_;
}

void PublishWindow::Restart(Taker taker) {
  for (std::uint64_t i = oldest_; i < next_; ++i) {
    if (At(i)) taker(std::exchange(At(i), nullptr));
  }
  oldest_ = next_ = 1;
}

PublishRecord* PublishWindow::Find(std::string_view exchange, std::string_view routing_key,
                                   std::string_view id, std::string_view body) {
  for (std::uint64_t i = oldest_; i < next_; ++i) {
    PublishRecord* const record = At(i).get();
    if (record && record->done && record->exchange() == exchange &&
        record->routing_key() == routing_key && record->id() == id && record->body() == body) {
      return record;
    }
  }
  return nullptr;
}

void PublishWindow::ForEach(absl::FunctionRef<void(PublishRecord&)> visit) {
  for (std::uint64_t i = oldest_; i < next_; ++i) {
    if (At(i)) visit(*At(i));
  }
}

}  // namespace omnibus::rabbitmq
