// What a consumer does on its I/O thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "transports/rabbitmq/connection.h"
#include "transports/rabbitmq/consumer_source.h"
#include "transports/rabbitmq/declare_run.h"
#include "transports/rabbitmq/delivery.h"
#include "transports/rabbitmq/delivery_queue.h"
#include "transports/rabbitmq/link.h"
#include "transports/rabbitmq/stall_watch.h"
#include "transports/rabbitmq/topology.h"
#include "transports/rabbitmq/waiters.h"

namespace spdlog {
class logger;
}

namespace omnibus::rabbitmq {

// Thread-safety: the link's thread, but for GetHealth(), Drain() and AwaitDrained().
class ConsumerLink final : public LinkSession {
 public:
  ConsumerLink(const ConnectionSettings& settings, const DeclaredTopology& topology,
               std::shared_ptr<spdlog::logger> logger, DeliveryPool& pool, DeliveryQueue& queue,
               const std::vector<SourceSpec>& specs);

  LinkHealth GetHealth() const;

  // Asks for what was settled to be sent, and for all channels to be closed. Wake the link
  // afterwards.
  void Drain();
  // Whether the broker has heard all of it. False: not by `deadline`, or it cannot be reached.
  bool AwaitDrained(absl::Time deadline);

  void OnUp(Connection& connection) override;
  void OnFrame(Connection& connection, const amqp_frame_t& frame) override;
  void OnDown(const absl::Status& why) override;
  absl::Time OnTurn(Connection* connection) override;
  void OnEnd() override;

 private:
  struct Entry {
    ConsumerSource source;
    ConsumerSource::State seen = ConsumerSource::State::kClosed;
    int failures = 0;
    absl::Time consuming_since = absl::InfinitePast();
    absl::Time open_at = absl::InfinitePast();
    absl::Time count_at = absl::InfiniteFuture();  // of a side queue that is not caught up with
    StallWatch stall_watch = {};
  };

  void Declare(Connection& connection);
  absl::Time OpenClosed(Connection& connection);
  // The first of its side queues that is not caught up with; null: none.
  const ConsumerSource* WaitsFor(const Entry& entry) const;
  void GiveUpWithSideQueues(Connection& connection);
  absl::Time CountAgain(Connection& connection);
  // Consumes anew where the broker has forgotten it.
  absl::Time GiveUpStalled(Connection& connection);
  void NoteState(Entry& entry);
  void Gather(Connection& connection);
  bool SendSettled(Connection* connection, bool received);
  void DrainSources(Connection* connection);
  void EndDrain(bool heard);
  void UpdateHealth(const Connection* connection);

  const ConnectionSettings& settings_;
  const DeclaredTopology& topology_;
  const std::shared_ptr<spdlog::logger> logger_;
  DeliveryQueue& queue_;
  std::vector<std::string> channels_;  // what has to be declared again
  std::vector<std::string> queues_;

  std::uint64_t last_epoch_ = 0;
  std::vector<ConsumerEvent> events_;  // of this turn
  absl::Time received_at_ = absl::InfinitePast();
  std::vector<DeliveryQueue::Settled> settled_;  // of this turn
  std::vector<Entry> entries_;
  std::optional<DeclareRun> run_;
  absl::Status down_;

  mutable internal::Lock mu_;
  LinkHealth health_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<bool> drained_ ABSL_GUARDED_BY(mu_);  // whether the broker has heard all
  Waiters waiters_;                                   // locks mu_ by itself
};

}  // namespace omnibus::rabbitmq
