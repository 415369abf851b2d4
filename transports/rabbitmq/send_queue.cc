#include "transports/rabbitmq/send_queue.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::size_t kKeptRecords = 2048;
constexpr std::size_t kKeptRecordBytes = 64 * 1024;

std::string Publish(const PublishRecord& record) {
  return absl::StrCat("publish to ", AbslView(record.destination()));
}

}  // namespace

PublishRecordPtr SendQueue::NewRecord() {
  {
    const internal::Locked lock(mu_);
    if (!free_.empty()) {
      PublishRecordPtr record = std::move(free_.back());
      free_.pop_back();
      return record;
    }
  }
  return std::make_unique<PublishRecord>();
}

void SendQueue::Return(PublishRecordPtr record) {
  const internal::Locked lock(mu_);
  Recycle(std::move(record));
}

void SendQueue::Recycle(PublishRecordPtr record) {
  if (free_.size() < kKeptRecords && record->capacity() <= kKeptRecordBytes) {
    free_.push_back(std::move(record));
  }
}

absl::Status SendQueue::Push(PublishRecordPtr& record, bool& wake) {
  const internal::Locked lock(mu_);
  if (closed_) {
    return Error(absl::StatusCode::kFailedPrecondition, Publish(*record), "the producer is closed");
  }
  if (messages_ >= max_messages_ || (messages_ > 0 && bytes_ + record->bytes() > max_bytes_)) {
    return Error(absl::StatusCode::kResourceExhausted, Publish(*record),
                 absl::StrCat("the queue is full: ", messages_, " messages, ", bytes_, " bytes"));
  }
  ++messages_;
  bytes_ += record->bytes();
  record->generation = oldest_generation_ + without_outcome_.size() - 1;
  ++without_outcome_.back();
  wake = pushed_.empty();
  pushed_.push_back(std::move(record));
  return absl::OkStatus();
}

void SendQueue::TakeAll(std::vector<PublishRecordPtr>& records) {
  const internal::Locked lock(mu_);
  if (records.empty()) {
    records.swap(pushed_);
    return;
  }
  for (PublishRecordPtr& record : pushed_) records.push_back(std::move(record));
  pushed_.clear();
}

void SendQueue::Tell(std::vector<Outcome>& outcomes) {
  if (outcomes.empty()) return;
  {
    // Before the completions: whoever was refused because the queue is full tries again from there.
    const internal::Locked lock(mu_);
    for (const Outcome& outcome : outcomes) {
      --messages_;
      bytes_ -= outcome.bytes;
    }
  }
  for (Outcome& outcome : outcomes) {
    outcome.done(std::move(outcome.status));
    outcome.done = nullptr;  // what it holds is gone before a flush returns
  }
  const internal::Locked lock(mu_);
  for (Outcome& outcome : outcomes) {
    --without_outcome_[outcome.generation - oldest_generation_];
    if (outcome.record) Recycle(std::move(outcome.record));
  }
  outcomes.clear();
  while (without_outcome_.size() > 1 && without_outcome_.front() == 0) {
    without_outcome_.pop_front();
    ++oldest_generation_;
  }
  waiters_.Ring();
}

void SendQueue::Close() {
  const internal::Locked lock(mu_);
  closed_ = true;
}

bool SendQueue::AwaitOutcomes(absl::Time deadline) {
  std::uint64_t last = 0;
  {
    const internal::Locked lock(mu_);
    last = oldest_generation_ + without_outcome_.size() - 1;
    if (without_outcome_.back() != 0) {
      without_outcome_.push_back(0);
    } else if (without_outcome_.size() == 1) {
      return true;
    } else {
      --last;  // nothing was pushed since the last flush began
    }
  }
  return waiters_.Await(mu_, runtime_, deadline, [this, last]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return oldest_generation_ > last;
  });
}

}  // namespace omnibus::rabbitmq
