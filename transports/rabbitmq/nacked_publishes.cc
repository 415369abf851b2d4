#include "transports/rabbitmq/nacked_publishes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace omnibus::rabbitmq {
namespace {

// A quorum queue elects a new leader within some seconds.
constexpr absl::Duration kPause = absl::Milliseconds(200);

}  // namespace

void NackedPublishes::Add(PublishRecordPtr record, absl::Time now) {
  if (empty()) due_ = now + kPause;
  destinations_.emplace(record->destination());
  records_.push_back(std::move(record));
}

void NackedPublishes::MoveTo(std::deque<PublishRecordPtr>& waiting) {
  // Nacks may come in any order.
  std::sort(
      records_.begin(), records_.end(),
      [](const PublishRecordPtr& a, const PublishRecordPtr& b) { return a->number < b->number; });
  waiting.insert(waiting.begin(), std::make_move_iterator(records_.begin()),
                 std::make_move_iterator(records_.end()));
  records_.clear();
  destinations_.clear();
}

}  // namespace omnibus::rabbitmq
