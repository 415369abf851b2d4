// Changes of what a consumer owns. All on its I/O thread.
//
// librdkafka calls back from within a poll and waits, as long as it takes, for an assign or
// unassign. The callback only notes down what is asked; the answer is given outside of it: a start
// position has to be asked for first, or what runs has to be settled. Until then librdkafka asks
// nothing else, except to say that all is lost.
#include <spdlog/logger.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "transports/kafka/consumer_core.h"
#include "transports/kafka/errors.h"

namespace omnibus::kafka {
namespace {

constexpr absl::Duration kRetry = absl::Milliseconds(200);
constexpr absl::Duration kLookForPartitions = absl::Seconds(10);
// A commit that takes longer must not keep the next owner from starting: what it repeats is little.
constexpr absl::Duration kCommitOnRelease = absl::Seconds(5);
constexpr absl::Duration kCommitAgain = absl::Milliseconds(100);

bool IsEager(rd_kafka_t* client) {
  const char* protocol = rd_kafka_rebalance_protocol(client);
  return protocol != nullptr && std::strcmp(protocol, "EAGER") == 0;
}

}  // namespace

PartitionsPtr ConsumerCore::WithSideQueues(
    const rd_kafka_topic_partition_list_t& partitions) const {
  // The group knows nothing of side queues: we have of each the parts that we have of the channel.
  PartitionsPtr all(rd_kafka_topic_partition_list_copy(&partitions));
  for (int i = 0; i < partitions.cnt; ++i) {
    const auto sides = sides_.find(partitions.elems[i].topic);
    if (sides == sides_.end()) continue;
    for (const std::string& side : sides->second) {
      rd_kafka_topic_partition_list_add(all.get(), side.c_str(), partitions.elems[i].partition);
    }
  }
  return all;
}

void ConsumerCore::OnRebalance(rd_kafka_resp_err_t kind,
                               rd_kafka_topic_partition_list_t* partitions) {
  met_group_ = true;
  // The group has answered, and everybody has its share. (An answer to SyncGroup alone may have
  // been an error, after which librdkafka joins again.)
  if (rd_kafka_assignment_lost(client_.get()) == 0) joining_ = false;
  PartitionsPtr copy = WithSideQueues(*partitions);
  if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rebalances_.push_back({Rebalance::Kind::kAssign, std::move(copy)});
  } else if (kind == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
    rebalances_.push_back(
        {lost ? Rebalance::Kind::kLost : Rebalance::Kind::kRevoke, std::move(copy)});
  } else {
    log_->warn("kafka: {}: rebalance: {}", name_, rd_kafka_err2str(kind));
    rebalances_.push_back({Rebalance::Kind::kLost, std::move(copy)});
    rebalances_.back().resynchronize = true;
  }
}

void ConsumerCore::HandleRebalances(absl::Time now) {
  while (!rebalances_.empty()) {
    Rebalance& next = rebalances_.front();
    if (leaving_) {
      // librdkafka has moved on without our answer. The old one is given just for its own
      // partitions, if they are still there, and before the new one: a late answer must not take
      // away what is assigned next.
      {
        const internal::Locked taking(take_mu_);
        const internal::Locked lock(mu_);
        for (const std::uint32_t source : leaving_->sources) table_.Drop(source);
      }
      if (next.kind != Rebalance::Kind::kLost && !IsEager(client_.get())) {
        const ErrorPtr gone{
            rd_kafka_incremental_unassign(client_.get(), leaving_->partitions.get())};
      }
      leaving_.reset();
    }
    switch (next.kind) {
      case Rebalance::Kind::kAssign:
        if (now < retry_at_) return;
        if (!Assign(next.partitions.get())) {
          retry_at_ = now + kRetry;
          return;
        }
        break;
      case Rebalance::Kind::kRevoke:
        BeginRevoke(std::move(next.partitions), now);
        break;
      case Rebalance::Kind::kLost:
        Lose(next);
        break;
    }
    rebalances_.pop_front();
  }
}

std::vector<std::uint32_t> ConsumerCore::SourcesOf(
    const rd_kafka_topic_partition_list_t* partitions) {
  std::vector<std::uint32_t> sources;
  for (int i = 0; i < partitions->cnt; ++i) {
    sources.push_back(table_.SourceOf(partitions->elems[i].topic, partitions->elems[i].partition));
  }
  return sources;
}

void ConsumerCore::Push(ConsumerEvent::Kind kind, std::uint64_t epoch,
                        std::vector<std::uint32_t> sources) {
  if (sources.empty()) return;
  ConsumerEvent& event = changes_.emplace_back();
  event.kind = kind;
  event.epoch = epoch;
  event.sources = std::move(sources);
  wait_bell_->Ring();
}

void ConsumerCore::Forward(const rd_kafka_topic_partition_list_t* partitions) {
  for (int i = 0; i < partitions->cnt; ++i) {
    const rd_kafka_topic_partition_t& partition = partitions->elems[i];
    std::erase_if(gates_, [&](const Gate& gate) {
      return gate.topic == partition.topic && gate.partition == partition.partition;
    });
    const auto sides = sides_.find(partition.topic);
    if (sides == sides_.end()) {
      Forward(partition.topic, partition.partition, message_queue_.get());
      continue;
    }
    // It stays in the partition's own queue, which nobody reads. Pausing it instead would have to
    // be kept up over rebalances, and would throw away what was fetched.
    Forward(partition.topic, partition.partition, nullptr);
    gates_.push_back({partition.topic, partition.partition, sides->second});
  }
}

void ConsumerCore::Forward(const std::string& topic, std::int32_t partition, rd_kafka_queue_t* to) {
  const QueuePtr queue(rd_kafka_queue_get_partition(client_.get(), topic.c_str(), partition));
  if (queue) rd_kafka_queue_forward(queue.get(), to);
}

void ConsumerCore::Own(const rd_kafka_topic_partition_list_t* partitions,
                       const rd_kafka_topic_partition_list_t* known) {
  source_of_.clear();
  const internal::Locked lock(mu_);
  const std::uint64_t epoch = table_.NextEpoch();
  const std::vector<std::uint32_t> sources = SourcesOf(partitions);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    table_.Assign(sources[i], epoch);
    const rd_kafka_topic_partition_t& partition = partitions->elems[i];
    missing_.erase(partition.topic);
    doubts_.erase(sources[i]);
    if (partition.offset < 0) continue;  // the group has no position
    if (known != nullptr && known->elems[i].offset >= 0) {
      table_.GoOnAt(sources[i], partition.offset);
      if (IsSideQueue(partition.topic)) table_.Remind(sources[i]);
      continue;
    }
    table_.StartAt(sources[i], partition.offset);
    // Told at once: should this member die before it has settled anything, the next one starts here
    // too.
    commit_by_ = absl::InfinitePast();
  }
  member_ = true;
  link_.OnMember();
  Push(ConsumerEvent::Kind::kAssigned, epoch, sources);
  log_->debug("kafka: {}: {} partitions assigned, epoch {}", name_, sources.size(), epoch);
}

bool ConsumerCore::Assign(rd_kafka_topic_partition_list_t* partitions) {
  const absl::StatusOr<PartitionsPtr> known = starts_->Resolve(partitions);
  if (!known.ok()) {
    if (known.status().code() == absl::StatusCode::kFailedPrecondition) {
      Fail(known.status());
      return false;  // without an answer it stays a member that reads nothing, until it is closed
    }
    log_->warn("{}; trying again", std::string(known.status().message()));
    const internal::Locked lock(mu_);
    member_ = false;  // librdkafka reads nothing until it has its answer
    return false;
  }
  link_.OnAnswer();
  const internal::Locked taking(take_mu_);
  Forward(partitions);
  if (IsEager(client_.get())) {
    if (const rd_kafka_resp_err_t error = rd_kafka_assign(client_.get(), partitions)) {
      log_->error("kafka: {}: assign: {}", name_, rd_kafka_err2str(error));
      return true;
    }
  } else {
    // Before it is: from then on nothing that we send can be sure to come before the join.
    if (std::exchange(joins_next_, false)) joining_ = true;
    if (const ErrorPtr error{rd_kafka_incremental_assign(client_.get(), partitions)}) {
      log_->error("kafka: {}: assign: {}", name_, rd_kafka_error_string(error.get()));
      joining_ = false;
      return true;
    }
  }
  Own(partitions, known->get());
  return true;
}

void ConsumerCore::BeginRevoke(PartitionsPtr partitions, absl::Time now) {
  const internal::Locked taking(take_mu_);
  const internal::Locked lock(mu_);
  std::vector<std::uint32_t> sources = SourcesOf(partitions.get());
  for (const std::uint32_t source : sources) table_.Leave(source);
  const std::uint64_t epoch = table_.NextEpoch();
  log_->debug("kafka: {}: {} partitions revoked, epoch {}", name_, sources.size(), epoch);
  Push(ConsumerEvent::Kind::kRevoked, epoch, sources);
  leaving_ = Leaving{.epoch = epoch,
                     .partitions = std::move(partitions),
                     .sources = std::move(sources),
                     .by = now + options_.release_within};
}

void ConsumerCore::ContinueRevoke(absl::Time now) {
  if (!leaving_) return;
  if (!leaving_->committing) {
    std::vector<Position> positions;
    {
      const internal::Locked taking(take_mu_);
      const internal::Locked lock(mu_);
      const bool released = released_.contains(leaving_->epoch);
      // Where nothing runs there is nothing to wait for.
      if (!released && now < leaving_->by && table_.Unfinished(leaving_->sources) > 0) return;
      // One commit at a time, and it will be told soon what became of this one.
      if (commit_ && now < commit_->started + kCommitOnRelease) return;
      if (!released && now >= leaving_->by) {
        log_->warn(
            "kafka: {}: {} partitions were revoked and not released in time; what runs of them "
            "runs again elsewhere",
            name_, leaving_->sources.size());
      }
      positions = table_.Untold();
      // From here on a settle comes too late, and its caller is told so.
      for (const std::uint32_t source : leaving_->sources) table_.Drop(source);
      released_.clear();
      settled_ = 0;
      commit_by_.reset();
    }
    leaving_->committing = true;
    leaving_->by = now + kCommitOnRelease;
    std::copy_if(positions.begin(), positions.end(), std::back_inserter(leaving_->untold),
                 [this](const Position& position) {
                   const auto& left = leaving_->sources;
                   return std::find(left.begin(), left.end(), position.source) != left.end();
                 });
    if (!positions.empty()) StartCommit(std::move(positions), now);
    leaving_->commit_again = now + kCommitAgain;
  }
  if (commit_ && now < leaving_->by) return;
  if (!leaving_->untold.empty() && now < leaving_->by) {
    if (now < leaving_->commit_again) return;
    leaving_->commit_again = now + kCommitAgain;
    return StartCommit(leaving_->untold, now);
  }
  // A cooperative member joins again after the assign that follows, an eager one at once.
  if (IsEager(client_.get())) {
    joining_ = true;
  } else {
    joins_next_ = true;
  }
  Unassign(leaving_->partitions.get());
  leaving_.reset();
}

void ConsumerCore::Lose(const Rebalance& rebalance) {
  lost_any_ = true;
  {
    const internal::Locked taking(take_mu_);
    const internal::Locked lock(mu_);
    std::vector<std::uint32_t> sources =
        rebalance.resynchronize ? table_.Owned() : SourcesOf(rebalance.partitions.get());
    for (const std::uint32_t source : sources) table_.Drop(source);
    member_ = false;
    log_->warn("kafka: {}: {} partitions lost: somebody else may own them by now", name_,
               sources.size());
    Push(ConsumerEvent::Kind::kLost, table_.NextEpoch(), std::move(sources));
  }
  joins_next_ = false;
  if (rebalance.resynchronize) {
    rd_kafka_assign(client_.get(), nullptr);
  } else {
    joining_ = true;  // follows at once
    Unassign(rebalance.partitions.get());
  }
}

void ConsumerCore::Unassign(rd_kafka_topic_partition_list_t* partitions) {
  const internal::Locked taking(take_mu_);
  source_of_.clear();
  std::erase_if(gates_, [&](const Gate& gate) {
    return rd_kafka_topic_partition_list_find(partitions, gate.topic.c_str(), gate.partition) !=
           nullptr;
  });
  if (IsEager(client_.get())) {
    rd_kafka_assign(client_.get(), nullptr);
    return;
  }
  if (const ErrorPtr error{rd_kafka_incremental_unassign(client_.get(), partitions)}) {
    log_->error("kafka: {}: unassign: {}", name_, rd_kafka_error_string(error.get()));
    rd_kafka_assign(client_.get(), nullptr);
  }
}

void ConsumerCore::AnswerAtOnce(const Rebalance& rebalance) {
  if (rebalance.kind != Rebalance::Kind::kAssign) {
    Unassign(rebalance.partitions.get());
  } else if (IsEager(client_.get())) {
    rd_kafka_assign(client_.get(), rebalance.partitions.get());
  } else {
    const ErrorPtr error{rd_kafka_incremental_assign(client_.get(), rebalance.partitions.get())};
  }
}

void ConsumerCore::AddPartitionsOfReader(absl::Time now) {
  if (now < retry_at_) return;
  retry_at_ = now + kRetry;
  for (const std::string& topic : topics_) {
    const absl::StatusOr<int> count = starts_->CountPartitions(topic);
    if (!count.ok()) {
      if (count.status().code() == absl::StatusCode::kNotFound) {
        topic_missing_(topic);
        const internal::Locked lock(mu_);
        if (missing_.insert(topic).second)
          log_->warn("{}; waiting for it", std::string(count.status().message()));
        DoubtAll(topic);
      }
      return;
    }
    link_.OnAnswer();
    int& known = read_partitions_[topic];
    if (*count <= known) continue;
    const PartitionsPtr fresh(rd_kafka_topic_partition_list_new(*count - known));
    rd_kafka_topic_partition_list_add_range(fresh.get(), topic.c_str(), known, *count - 1);
    // The positions are fixed before anybody is told that we listen: nothing that is published
    // afterwards is missed.
    const bool end = start_from_ == StartFrom::kLatest && known == 0;
    if (absl::Status status = starts_->SetBounds(fresh.get(), end); !status.ok()) {
      log_->debug("{}; trying again", std::string(status.message()));
      return;
    }
    const internal::Locked taking(take_mu_);
    Forward(fresh.get());
    if (const ErrorPtr error{rd_kafka_incremental_assign(client_.get(), fresh.get())}) {
      log_->error("kafka: {}: assign: {}", name_, rd_kafka_error_string(error.get()));
      return;
    }
    known = *count;
    Own(fresh.get(), nullptr);
    // Own() calls it a member; it is one only with all of its topics.
    const internal::Locked lock(mu_);
    member_ = read_partitions_.size() == topics_.size();
  }
  retry_at_ = now + kLookForPartitions;
}

}  // namespace omnibus::kafka
