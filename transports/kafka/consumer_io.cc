// The consumer's I/O thread: serves the group and commits what was settled.
#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/kafka/consumer_core.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

// librdkafka counts how often it is polled (max.poll.interval.ms).
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kLeaving = absl::Milliseconds(20);
constexpr absl::Duration kQuestion = absl::Seconds(1);
constexpr absl::Duration kLookForMissing = absl::Seconds(2);
constexpr absl::Duration kCommitLost = absl::Seconds(60);
// Until librdkafka has sent what a heartbeat's answer asks for.
constexpr absl::Duration kJoin = absl::Milliseconds(20);
// Brokers forget positions of topics that the group does not subscribe to: after a week, by
// default.
constexpr absl::Duration kRemind = absl::Hours(1);

void Ring(rd_kafka_t*, void* bell) { static_cast<Doorbell*>(bell)->Ring(); }

}  // namespace

absl::Status ConsumerCore::Start() {
  Properties properties = ConsumerProperties(options_);
  // librdkafka wants a group for every consumer; a reader never joins it.
  properties["group.id"] =
      is_reader() ? absl::StrCat("omnibus-reader-", absl::Hex(runtime_.Random())) : group_;
  // What the group has no position of starts there. Where it goes when a broker does not have our
  // position, ServeDoubts() decides.
  properties["auto.offset.reset"] = "earliest";
  // That is how the end of a side queue is known.
  if (!sides_.empty()) properties["enable.partition.eof"] = "true";
  absl::StatusOr<ClientPtr> client = NewClient(RD_KAFKA_CONSUMER, properties, *this, this);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  std::set<std::string> side_topics;
  for (const auto& [topic, sides] : sides_) side_topics.insert(sides.begin(), sides.end());
  starts_ = std::make_unique<StartPositions>(client_.get(), group_, start_from_,
                                             std::move(side_topics), kQuestion);
  if (!sides_.empty()) remind_at_ = runtime_.Now() + kRemind;

  rd_kafka_poll_set_consumer(client_.get());
  group_queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  commit_queue_.reset(rd_kafka_queue_new(client_.get()));
  rd_kafka_queue_cb_event_enable(group_queue_.get(), &Ring, io_bell_.get());
  rd_kafka_queue_cb_event_enable(commit_queue_.get(), &Ring, io_bell_.get());
  {
    const internal::Locked taking(take_mu_);
    message_queue_.reset(rd_kafka_queue_new(client_.get()));
    rd_kafka_queue_cb_event_enable(message_queue_.get(), &Ring, wait_bell_.get());
  }
  if (!is_reader()) {
    const PartitionsPtr topics(rd_kafka_topic_partition_list_new(static_cast<int>(topics_.size())));
    for (const std::string& topic : topics_) {
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    if (const rd_kafka_resp_err_t error = rd_kafka_subscribe(client_.get(), topics.get())) {
      return ToStatus(error, absl::StrCat("subscribe ", group_));
    }
  }
  thread_ = runtime_.Spawn(is_reader() ? "kafka-reader" : "kafka-consumer", [this] { Run(); });
  return absl::OkStatus();
}

void ConsumerCore::Run() {
  while (true) {
    ServeGroup();
    ServeCommits();
    const absl::Time now = runtime_.Now();
    {
      const internal::Locked lock(mu_);
      if (closing_) break;
    }
    HandleRebalances(now);
    ContinueRevoke(now);
    ServeDoubts(now);
    RemindOfSideQueues(now);
    CommitSoon(now);
    if (is_reader()) {
      AddPartitionsOfReader(now);
    } else {
      LookForMissing(now);
    }
    io_bell_->Wait(NextWake(runtime_.Now()));
  }
  Finish();
}

absl::Time ConsumerCore::NextWake(absl::Time now) {
  absl::Time wake = std::min(now + kIdle, NextDoubt());
  if (leaving_) wake = std::min(wake, now + kLeaving);
  if (!rebalances_.empty() || is_reader()) wake = std::min(wake, retry_at_);
  const internal::Locked lock(mu_);
  if (commit_by_ && !commit_ && !is_reader()) {
    wake = std::min(wake, std::max(*commit_by_, MayCommitFrom()));
  }
  return wake;
}

absl::Time ConsumerCore::MayCommitFrom() const {
  if (joining_) return absl::InfiniteFuture();  // it is told when that has ended
  return absl::FromUnixNanos(heartbeat_) + kJoin;
}

void ConsumerCore::ServeGroup() {
  while (rd_kafka_message_t* message = rd_kafka_consumer_poll(client_.get(), 0)) {
    const bool end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !end) {
      HandleError(*message);
      rd_kafka_message_destroy(message);
      continue;
    }
    const internal::Locked taking(take_mu_);
    strays_.push_back(message);
    wait_bell_->Ring();
  }
}

void ConsumerCore::HandleError(const rd_kafka_message_t& message) {
  const char* text = rd_kafka_message_errstr(&message);
  const std::string topic = message.rkt == nullptr ? "" : rd_kafka_topic_name(message.rkt);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: {
      if (topic.empty()) return;
      topic_missing_(topic);
      const internal::Locked lock(mu_);
      if (missing_.insert(topic).second) {
        log_->warn("kafka: {}: {}: {}; waiting for it", name_, topic, text);
      }
      DoubtAll(topic);
      return;
    }
    case RD_KAFKA_RESP_ERR__FATAL:
      Fail(ToStatus(message.err, name_, text));
      return;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: {
      log_->error("kafka: {}: {}: {}", name_, topic, text);
      if (topic.empty()) return;
      // librdkafka says so once, and not when it is allowed again: LookForMissing() asks.
      const internal::Locked lock(mu_);
      denied_.insert(topic);
      return;
    }
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      log_->error("kafka: {}: {}: {}", name_, topic, text);
      link_.OnError(message.err, text);
      return;
    default:
      log_->warn("kafka: {}: {}{}{}", name_, topic, topic.empty() ? "" : ": ", text);
      return;
  }
}

// It may have been deleted, and be another one by the time that it is read again.
void ConsumerCore::DoubtAll(const std::string& topic) {
  for (const std::uint32_t source : table_.Owned()) {
    if (table_.Get(source).topic == topic) table_.Doubt(source);
  }
  io_bell_->Ring();
}

bool ConsumerCore::IsSideQueue(const std::string& topic) const {
  return std::any_of(sides_.begin(), sides_.end(),
                     [&](const auto& each) { return each.second.contains(topic); });
}

void ConsumerCore::LookForMissing(absl::Time now) {
  std::string topic;
  {
    const internal::Locked lock(mu_);
    if ((missing_.empty() && denied_.empty()) || now < look_at_) return;
    topic = missing_.empty() ? *denied_.begin() : *missing_.begin();
  }
  // A topic that was made again with the same partitions may come back without a rebalance.
  look_at_ = now + kLookForMissing;
  if (const absl::Status status = starts_->CountPartitions(topic).status(); !status.ok()) {
    if (!absl::IsPermissionDenied(status)) topic_missing_(topic);
    return;
  }
  const internal::Locked lock(mu_);
  missing_.erase(topic);
  denied_.erase(topic);
}

void ConsumerCore::Fail(absl::Status status) {
  log_->error("{}", std::string(StdView(status.message())));
  {
    const internal::Locked lock(mu_);
    if (failure_.ok()) failure_ = std::move(status);
  }
  wait_bell_->Ring();
}

void ConsumerCore::CommitSoon(absl::Time now) {
  if (commit_ && now > commit_->started + kCommitLost) commit_.reset();
  if (commit_ || is_reader() || now < MayCommitFrom()) return;
  std::vector<Position> positions;
  {
    const internal::Locked lock(mu_);
    const bool due = settled_ >= options_.commit_every || (commit_by_ && now >= *commit_by_);
    if (!due) return;
    settled_ = 0;
    commit_by_.reset();
    positions = table_.Untold();
  }
  if (!positions.empty()) StartCommit(std::move(positions), now);
}

void ConsumerCore::RemindOfSideQueues(absl::Time now) {
  if (now < remind_at_) return;
  remind_at_ = now + kRemind;
  const internal::Locked lock(mu_);
  for (const std::uint32_t source : table_.Owned()) {
    if (IsSideQueue(table_.Get(source).topic)) table_.Remind(source);
  }
  commit_by_ = absl::InfinitePast();
}

void ConsumerCore::StartCommit(std::vector<Position> positions, absl::Time now) {
  const PartitionsPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  {
    const internal::Locked lock(mu_);
    for (const Position& position : positions) {
      const PartitionTable::Partition& partition = table_.Get(position.source);
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number)
          ->offset = position.offset;
    }
  }
  commit_ = Commit{.number = ++commits_, .positions = std::move(positions), .started = now};
  const rd_kafka_resp_err_t error =
      rd_kafka_commit_queue(client_.get(), list.get(), commit_queue_.get(), nullptr,
                            reinterpret_cast<void*>(commit_->number));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) EndCommit(error);
}

void ConsumerCore::ServeCommits() {
  while (true) {
    const EventPtr event(rd_kafka_queue_poll(commit_queue_.get(), 0));
    if (!event) return;
    if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_OFFSET_COMMIT || !commit_) continue;
    // One that was given up may be answered while another one is on its way.
    if (reinterpret_cast<std::uint64_t>(rd_kafka_event_opaque(event.get())) != commit_->number) {
      continue;
    }
    rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
    const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; list != nullptr && error == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; ++i) {
      error = list->elems[i].err;
    }
    EndCommit(error);
  }
}

void ConsumerCore::EndCommit(rd_kafka_resp_err_t error) {
  const std::vector<Position> positions = std::move(commit_->positions);
  commit_.reset();
  last_commit_ = error;
  const internal::Locked lock(mu_);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    commit_failed_ = false;
    for (const Position& position : positions) table_.Told(position);
    if (leaving_) {
      std::erase_if(leaving_->untold, [&](const Position& untold) {
        return std::find(positions.begin(), positions.end(), untold) != positions.end();
      });
    }
    return;
  }
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    for (const Position& position : positions) DoubtAll(table_.Get(position.source).topic);
  }
  if (leaving_ && !IsCoordinatorAway(error)) leaving_->untold.clear();
  // Tried again with what is settled by then, as long as the partitions are ours.
  if (!std::exchange(commit_failed_, true)) {
    log_->warn("kafka: {}: commit: {}; trying again", name_, rd_kafka_err2str(error));
  }
  if (!commit_by_) commit_by_ = runtime_.Now() + options_.commit_after;
}

}  // namespace omnibus::kafka
