// The end of a consumer, on its I/O thread: commit, leave the group, and let go of librdkafka once
// no message of it is left. Each step is bounded; only the last one waits for others, with nobody
// waiting for it.
#include <spdlog/logger.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "transports/kafka/consumer_core.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(20);
constexpr absl::Duration kRetry = absl::Milliseconds(100);
// The longest that a group waits for a dead member (session.timeout.ms), and some more.
constexpr absl::Duration kJoin = absl::Seconds(8);
// How long the group is left for after whoever closes us has stopped waiting.
constexpr absl::Duration kLeaveLate = absl::Seconds(2);

// How long librdkafka may take to be destroyed.
constexpr absl::Duration kDestroy = absl::Seconds(3);

void Ring(rd_kafka_t*, void* bell) { static_cast<Doorbell*>(bell)->Ring(); }

}  // namespace

void ConsumerCore::Finish() {
  absl::Time deadline;
  {
    const internal::Locked lock(mu_);
    deadline = close_by_;
  }
  const bool committed = CommitLast(deadline);
  const bool may_leave = WaitOutJoining(deadline);
  if (may_leave) StartLeaving();
  const bool left = may_leave && WaitUntilLeft(deadline);
  {
    const internal::Locked lock(mu_);
    closed_ = true;
    if (!committed) {
      close_status_ = absl::DeadlineExceededError(absl::StrCat(
          "kafka: close ", name_,
          ": the broker was not told all that was settled; some of it may be delivered again"));
    }
  }
  closed_bell_->Ring();
  if (!may_leave) {
    left_behind_ = !WaitOutJoining(runtime_.Now() + kJoin);
    StartLeaving();
  }
  if (!left) WaitUntilLeft(runtime_.Now() + kLeaveLate);
  LetGo();
  finished_ = true;
}

void ConsumerCore::ServeUntilNextRing(absl::Time deadline) {
  io_bell_->Wait(std::min(deadline, runtime_.Now() + kTick));
  ServeGroup();
  ServeCommits();
}

bool ConsumerCore::CommitLast(absl::Time deadline) {
  std::vector<Position> positions;
  {
    const internal::Locked taking(take_mu_);
    const internal::Locked lock(mu_);
    positions = table_.Untold();
    // What is settled from here on comes too late, and its caller is told so.
    for (const std::uint32_t source : table_.Owned()) table_.Drop(source);
  }
  if (is_reader()) return true;
  while (commit_ && runtime_.Now() < deadline) ServeUntilNextRing(deadline);
  if (leaving_) {
    positions.insert(positions.end(), leaving_->untold.begin(), leaving_->untold.end());
  }
  if (positions.empty()) return true;
  const absl::Time join_by = std::min(deadline, runtime_.Now() + kJoin);
  while (true) {
    for (absl::Time now = runtime_.Now(); now < std::min(MayCommitFrom(), join_by);
         now = runtime_.Now()) {
      ServeUntilNextRing(join_by);
    }
    StartCommit(positions, runtime_.Now());
    while (commit_ && runtime_.Now() < deadline) ServeUntilNextRing(deadline);
    if (commit_) return false;
    if (last_commit_ == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    if (IsFenced(last_commit_) || runtime_.Now() + kRetry >= deadline) return false;
    const absl::Time again = runtime_.Now() + kRetry;
    while (runtime_.Now() < again) ServeUntilNextRing(again);
  }
}

// Before 2.3, librdkafka ends the whole process when a member is destroyed that has joined its
// group and has not been told its first assignment (confluentinc/librdkafka#4312): so that is
// waited for. False: it has not come.
bool ConsumerCore::WaitOutJoining(absl::Time deadline) {
  constexpr int kMended = 0x02030000;
  if (is_reader() || rd_kafka_version() >= kMended) return true;
  while (!met_group_) {
    char* const member = rd_kafka_memberid(client_.get());
    const bool joining = member != nullptr && *member != '\0';
    if (member != nullptr) rd_kafka_mem_free(client_.get(), member);
    if (!joining) return true;
    if (runtime_.Now() >= deadline) return false;
    ServeUntilNextRing(deadline);
  }
  return true;
}

void ConsumerCore::StartLeaving() {
  if (leaving_) Unassign(leaving_->partitions.get());
  leaving_.reset();
  for (const Rebalance& rebalance : rebalances_) AnswerAtOnce(rebalance);
  rebalances_.clear();
  if (is_reader()) rd_kafka_assign(client_.get(), nullptr);

  rd_kafka_queue_cb_event_enable(group_queue_.get(), nullptr, nullptr);
  group_queue_.reset();  // librdkafka wants it gone before the close
  close_queue_.reset(rd_kafka_queue_new(client_.get()));
  rd_kafka_queue_cb_event_enable(close_queue_.get(), &Ring, io_bell_.get());
  if (const ErrorPtr error{rd_kafka_consumer_close_queue(client_.get(), close_queue_.get())}) {
    log_->debug("kafka: {}: close: {}", name_, rd_kafka_error_string(error.get()));
    left_ = true;
  }
}

bool ConsumerCore::WaitUntilLeft(absl::Time deadline) {
  while (!left_) {
    while (rd_kafka_message_t* message = rd_kafka_consume_queue(close_queue_.get(), 0)) {
      rd_kafka_message_destroy(message);
    }
    for (const Rebalance& rebalance : rebalances_) AnswerAtOnce(rebalance);
    rebalances_.clear();
    if (rd_kafka_consumer_closed(client_.get()) != 0) {
      left_ = true;
    } else if (runtime_.Now() >= deadline) {
      return false;
    } else {
      io_bell_->Wait(std::min(deadline, runtime_.Now() + kTick));
    }
  }
  return true;
}

void ConsumerCore::LetGo() {
  {
    const internal::Locked taking(take_mu_);
    for (rd_kafka_message_t* message : strays_) rd_kafka_message_destroy(message);
    strays_.clear();
    rd_kafka_queue_cb_event_enable(message_queue_.get(), nullptr, nullptr);
    message_queue_.reset();
  }
  // Messages count themselves out and do nothing else, so this has to look.
  while (messages_out.load(std::memory_order_acquire) > 0) {
    io_bell_->Wait(runtime_.Now() + kTick);
  }
  for (QueuePtr* queue : {&close_queue_, &commit_queue_}) {
    if (*queue == nullptr) continue;
    rd_kafka_queue_cb_event_enable(queue->get(), nullptr, nullptr);
    queue->reset();
  }
  starts_.reset();
  if (left_behind_) {
    log_->warn(
        "kafka: {}: it was closed while it joined its group; its client is left behind, since "
        "this librdkafka ({}) would end the process",
        name_, rd_kafka_version_str());
    rd_kafka_set_log_level(client_.get(), 0);  // nobody is there to be told
    (void)client_.release();
    return;
  }
  // Before 2.6.1, librdkafka cannot let go of partitions whose topic went away, or may not be
  // read any more, and waits for them for ever (confluentinc/librdkafka#4724).
  constexpr int kMended = 0x020601ff;
  if (lost_any_ && rd_kafka_version() < kMended) {
    DestroyAside();
  } else {
    client_.reset();
  }
}

void ConsumerCore::DestroyAside() {
  struct Destroying {
    std::unique_ptr<Doorbell> bell;
    std::atomic<bool> done{false};
  };
  const auto destroying = std::make_shared<Destroying>();
  destroying->bell = runtime_.NewDoorbell();
  rd_kafka_set_log_level(client_.get(), 0);  // nobody may be there to be told
  std::unique_ptr<Thread> thread =
      runtime_.Spawn("kafka-destroy", [destroying, client = client_.release()] {
        ClientDeleter()(client);
        destroying->done = true;
        destroying->bell->Ring();
      });
  const absl::Time by = runtime_.Now() + kDestroy;
  while (!destroying->done && destroying->bell->Wait(by)) {
  }
  if (destroying->done) {
    thread->Join();
    return;
  }
  log_->warn(
      "kafka: {}: this librdkafka ({}) does not get done with the end of its client, which is left "
      "behind with its threads",
      name_, rd_kafka_version_str());
  (void)thread.release();
}

}  // namespace omnibus::kafka
