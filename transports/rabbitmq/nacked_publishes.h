// Publishes that a queue could not take just now (basic.nack), and what waits behind them.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/publish_record.h"

namespace omnibus::rabbitmq {

// A nack is an error inside the broker: a queue without a leader, or one that is full. Both pass,
// so such a message is written again after a pause, until its deadline, as one is whose connection
// was lost. Meanwhile later ones to the same channel or queue wait with it, so that they do not
// overtake it; others are not held up.
//
// Thread-safety: the I/O thread alone.
class NackedPublishes {
 public:
  bool empty() const { return records_.empty(); }
  // When they are to be written again.
  absl::Time due() const { return empty() ? absl::InfiniteFuture() : due_; }

  void Add(PublishRecordPtr record, absl::Time now);

  // Whether it has to wait with the others; then it is added without a new pause.
  bool Holds(const PublishRecord& record) const {
    return !empty() && destinations_.contains(AbslView(record.destination()));
  }
  void AddBehind(PublishRecordPtr record) { records_.push_back(std::move(record)); }

  // Puts all in front of `waiting`, in the order in which they were sent.
  void MoveTo(std::deque<PublishRecordPtr>& waiting);

 private:
  std::vector<PublishRecordPtr> records_;
  absl::flat_hash_set<std::string> destinations_;
  absl::Time due_;
};

}  // namespace omnibus::rabbitmq
