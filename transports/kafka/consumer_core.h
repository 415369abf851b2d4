// What a consumer shares with its I/O thread and with the messages that it has handed out.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"
#include "transports/kafka/client.h"
#include "transports/kafka/link_monitor.h"
#include "transports/kafka/partition_table.h"
#include "transports/kafka/position_doubt.h"
#include "transports/kafka/producer.h"
#include "transports/kafka/start_positions.h"

namespace omnibus::kafka {

// The I/O thread serves the group: rebalances, commits, errors; it never touches messages. Those
// wait in librdkafka, in a queue of their own that Wait() takes them from on its caller's thread,
// without a copy. So a caller that does not call Wait() lets that queue run full, which stops the
// fetching, while the group is served all the same.
class ConsumerCore final : public ClientEvents, public Remains {
 public:
  ConsumerCore(const KafkaOptions& options, const ConsumerOptions& consumer, Runtime& runtime,
               std::shared_ptr<spdlog::logger> log, TopicMissing missing);
  ~ConsumerCore() override;

  // Its owner joins the thread before it destroys this.
  absl::Status Start();

  // See omnibus::Consumer.
  absl::Status Wait(absl::Time deadline, std::size_t max_events,
                    std::vector<ConsumerEvent>& events);
  void Interrupt();
  std::size_t Settle(std::span<const DeliveryTag> tags);
  void Release(std::uint64_t epoch);
  absl::Status Close(absl::Time deadline);
  LinkHealth Health() const;
  // Close() without waiting.
  void Abandon();

  void OnLog(int syslog_level, std::string_view facility, std::string_view text) override;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;
  void OnStatistics(std::string_view json) override;
  void OnRebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions) override;
  void OnJoin() override;
  void OnHeartbeat() override;

  bool finished() const override { return finished_; }
  void Join() override;

 private:
  struct Rebalance {
    enum class Kind { kAssign, kRevoke, kLost };
    Kind kind;
    PartitionsPtr partitions;
    bool resynchronize = false;  // librdkafka is at a loss: give all back
  };
  // A revocation that Release() has not answered yet, or whose positions are being committed.
  struct Leaving {
    std::uint64_t epoch;
    PartitionsPtr partitions;
    std::vector<std::uint32_t> sources;
    absl::Time by;
    bool committing = false;
    std::vector<Position> untold = {};  // that the next owner would start behind
    absl::Time commit_again = absl::InfinitePast();
  };
  struct Commit {
    std::uint64_t number;
    std::vector<Position> positions;
    absl::Time started;
  };

  // A part of a channel whose messages are kept back, in librdkafka, until its parts of `behind`
  // have been read to their ends.
  struct Gate {
    std::string topic;
    std::int32_t partition;
    std::set<std::string> behind;
  };

  bool is_reader() const { return group_.empty(); }

  // consumer_io.cc: the I/O thread.
  void Run();
  void ServeGroup();
  void ServeCommits();
  void HandleError(const rd_kafka_message_t& message);
  void DoubtAll(const std::string& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsSideQueue(const std::string& topic) const;
  void CommitSoon(absl::Time now);
  void RemindOfSideQueues(absl::Time now);
  void StartCommit(std::vector<Position> positions, absl::Time now);
  void EndCommit(rd_kafka_resp_err_t error);
  void LookForMissing(absl::Time now);
  void Fail(absl::Status status) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Time NextWake(absl::Time now);
  // The earliest time for a commit as far as is known now.
  absl::Time MayCommitFrom() const;

  // consumer_doubts.cc: positions that a broker does not have, on the I/O thread.
  void ServeDoubts(absl::Time now);
  absl::Time NextDoubt();
  std::vector<std::uint32_t> Doubted() const;
  void AskAbout(std::uint32_t source, PositionDoubt& doubt);
  absl::Status Decide(std::uint32_t source, const PositionDoubt::Bounds& bounds,
                      PositionDoubt& doubt);
  bool FailsWithoutPosition() const;
  bool Seek(const PartitionTable::Partition& partition, std::int64_t offset)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_, mu_);
  void StartOver(std::uint32_t source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_, mu_);

  // consumer_close.cc: the end of the I/O thread.
  void Finish();
  bool CommitLast(absl::Time deadline);
  void ServeUntilNextRing(absl::Time deadline);
  bool WaitOutJoining(absl::Time deadline);
  void StartLeaving();
  bool WaitUntilLeft(absl::Time deadline);
  void LetGo();
  void DestroyAside();

  // consumer_rebalance.cc: changes of what is owned, on the I/O thread.
  PartitionsPtr WithSideQueues(const rd_kafka_topic_partition_list_t& partitions) const;
  void HandleRebalances(absl::Time now);
  bool Assign(rd_kafka_topic_partition_list_t* partitions);
  void BeginRevoke(PartitionsPtr partitions, absl::Time now);
  void ContinueRevoke(absl::Time now);
  void Lose(const Rebalance& rebalance);
  void Unassign(rd_kafka_topic_partition_list_t* partitions);
  void AnswerAtOnce(const Rebalance& rebalance);
  void AddPartitionsOfReader(absl::Time now);
  void Forward(const rd_kafka_topic_partition_list_t* partitions)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_);
  void Forward(const std::string& topic, std::int32_t partition, rd_kafka_queue_t* to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_);
  // `known`: as StartPositions::Resolve() says; null: nothing is.
  void Own(const rd_kafka_topic_partition_list_t* partitions,
           const rd_kafka_topic_partition_list_t* known) ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_);
  void Push(ConsumerEvent::Kind kind, std::uint64_t epoch, std::vector<std::uint32_t> sources)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<std::uint32_t> SourcesOf(const rd_kafka_topic_partition_list_t* partitions)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // consumer.cc: callers' threads.
  // Whether it took anything of librdkafka's, were it nothing for the caller.
  bool TakeMessages(std::size_t max_size, std::vector<ConsumerEvent>& events)
      ABSL_LOCKS_EXCLUDED(take_mu_, mu_);
  void TakeChanges(std::size_t max_events, std::vector<ConsumerEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // All of a part of a side queue has been taken.
  void ReachEnd(const rd_kafka_message_t& end, std::vector<ConsumerEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_, mu_);
  // Before this one others were to come, which are not kept any more.
  bool IsSkipped(const rd_kafka_message_t& message,
                 const PartitionTable::Partition& partition) const;
  PartitionTable::Fetched HandOut(rd_kafka_message_t* message, ConsumerEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(take_mu_, mu_);

  const KafkaOptions options_;
  const std::string group_;  // empty: nobody's reader
  const std::string name_;
  const std::vector<std::string> topics_;
  const std::map<std::string, std::set<std::string>> sides_;  // of each topic that has some
  const StartFrom start_from_;
  Runtime& runtime_;
  const std::shared_ptr<spdlog::logger> log_;
  const TopicMissing topic_missing_;
  const std::unique_ptr<Doorbell> io_bell_;
  const std::unique_ptr<Doorbell> wait_bell_;
  const std::unique_ptr<Doorbell> closed_bell_;
  std::unique_ptr<Thread> thread_;
  LinkMonitor link_;

 public:
  // Messages that were handed out and not destroyed yet: librdkafka cannot be let go of before.
  // Counted down as the last thing that a message does.
  std::atomic<std::size_t> messages_out{0};

 private:
  std::atomic<bool> finished_{false};
  // From when it is about to join its group (again) until it is told its share, no commit is sent:
  // the broker answers a connection's requests one after the other, so the commit would wait behind
  // the join, come with a generation that has passed by then, and cost all partitions.
  std::atomic<bool> joining_{false};
  // When the group answered a heartbeat, in nanoseconds of runtime_.Now(). Where it says that it is
  // made anew, librdkafka joins right away: for that moment no commit is sent either.
  std::atomic<std::int64_t> heartbeat_{0};

  ClientPtr client_;
  QueuePtr group_queue_;   // rebalances, errors, statistics
  QueuePtr commit_queue_;  // what became of commits

  // Held while messages are taken, and while what is owned changes: a message that was fetched
  // before a partition was given back and assigned again must not pass for one of the new
  // assignment. Before mu_.
  internal::Lock take_mu_;
  QueuePtr message_queue_ ABSL_GUARDED_BY(take_mu_);
  // The partition that a message came from, by librdkafka's own names. Valid between two changes.
  absl::flat_hash_map<std::pair<const rd_kafka_topic_t*, std::int32_t>, std::uint32_t> source_of_
      ABSL_GUARDED_BY(take_mu_);
  std::vector<rd_kafka_message_t*> taken_ ABSL_GUARDED_BY(take_mu_);
  std::vector<Gate> gates_ ABSL_GUARDED_BY(take_mu_);
  // Messages that came by the group's queue instead of their own.
  std::deque<rd_kafka_message_t*> strays_ ABSL_GUARDED_BY(take_mu_);

  mutable internal::Lock mu_ ABSL_ACQUIRED_AFTER(take_mu_);
  PartitionTable table_ ABSL_GUARDED_BY(mu_);
  std::deque<ConsumerEvent> changes_ ABSL_GUARDED_BY(mu_);
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  bool interrupted_ ABSL_GUARDED_BY(mu_) = false;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time close_by_ ABSL_GUARDED_BY(mu_);
  absl::Status close_status_ ABSL_GUARDED_BY(mu_);
  int settled_ ABSL_GUARDED_BY(mu_) = 0;  // since the last commit
  std::optional<absl::Time> commit_by_ ABSL_GUARDED_BY(mu_);
  std::set<std::uint64_t> released_ ABSL_GUARDED_BY(mu_);
  bool member_ ABSL_GUARDED_BY(mu_) = false;            // the group has told us what is ours
  std::set<std::string> missing_ ABSL_GUARDED_BY(mu_);  // topics that are not there
  std::set<std::string> denied_ ABSL_GUARDED_BY(mu_);   // that we may not read

  // The I/O thread's.
  std::deque<Rebalance> rebalances_;
  bool met_group_ = false;    // it was told what it owns, be it nothing
  bool left_behind_ = false;  // its client must not be destroyed
  bool lost_any_ = false;     // partitions, that is
  std::optional<Leaving> leaving_;
  bool joins_next_ = false;  // librdkafka joins its group again after the next assign
  std::optional<Commit> commit_;
  std::uint64_t commits_ = 0;  // that were started
  std::unique_ptr<StartPositions> starts_;
  std::map<std::uint32_t, PositionDoubt> doubts_;  // by source
  absl::Time look_at_ = absl::InfinitePast();
  absl::Time retry_at_ = absl::InfinitePast();
  absl::Time remind_at_ = absl::InfiniteFuture();  // the broker, of positions in side queues
  absl::flat_hash_map<std::string, int> read_partitions_;  // of nobody's reader
  QueuePtr close_queue_;
  bool commit_failed_ = false;
  rd_kafka_resp_err_t last_commit_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool left_ = false;
};

}  // namespace omnibus::kafka
