// What a producer shares with its I/O thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/internal/lock.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/kafka.h"
#include "transports/kafka/client.h"
#include "transports/kafka/link_monitor.h"
#include "transports/kafka/pending_sends.h"
#include "transports/kafka/producer.h"

namespace omnibus::kafka {

// One librdkafka producer. A fatal error makes it useless: then it is replaced.
struct ProducerInstance {
  ClientPtr client;
  QueuePtr queue;  // delivery reports, errors, statistics
  internal::Lock mu;
  absl::flat_hash_map<std::string, TopicPtr> topics ABSL_GUARDED_BY(mu);

  ~ProducerInstance();
  // The handle of a topic; nullptr for a name that librdkafka refuses.
  rd_kafka_topic_t* Topic(std::string_view name) ABSL_LOCKS_EXCLUDED(mu);
};

// Thread-safety: Send(), Flush(), Close(), Health() from any thread; the rest is the I/O thread's.
class ProducerCore final : public ClientEvents, public Remains {
 public:
  ProducerCore(const KafkaOptions& options, std::size_t max_body_bytes, Runtime& runtime,
               std::shared_ptr<spdlog::logger> log, TopicMissing missing);

  // Its owner joins the thread before it destroys this.
  absl::Status Start();

  absl::Status Send(const OutgoingMessage& message, absl::Time deadline, Completion done);
  absl::Status Flush(absl::Time deadline);
  absl::Status Close(absl::Time deadline);
  // Close() at once: what has no outcome yet gets one, unknown. Waits for completions that run, not
  // for a broker.
  void Abandon();
  LinkHealth Health() const;
  void RaiseFatalErrorForTest();

  void OnLog(int syslog_level, std::string_view facility, std::string_view text) override;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;
  void OnStatistics(std::string_view json) override;

  bool finished() const override { return finished_; }
  void Join() override;

 private:
  absl::StatusOr<std::unique_ptr<ProducerInstance>> NewInstance();
  absl::Status Produce(const OutgoingMessage& message, PendingSend* send)
      ABSL_SHARED_LOCKS_REQUIRED(instance_mu_);

  // Asks the I/O thread to end, and waits until no completion runs any more.
  bool Conclude(absl::Time close_by, absl::Time patience);

  void Run();
  bool Serve(ProducerInstance& instance, bool current);
  void Report(EventPtr event);
  void Missing(rd_kafka_resp_err_t error, std::string_view topic) const;
  void KeepDeadlines(absl::Time now);
  // Starts a new client. The old one sends nothing more, and tells of each message that it still
  // has whether it may have been written.
  void Replace();
  // Lets go of replaced clients that have told all. Their threads may be looking up a broker's
  // name, which can take long; nobody's deadline waits for that.
  void EndReplaced();
  void LookForFirstAnswer();
  absl::Time NextWake() const;

  const std::size_t max_body_bytes_;
  const Properties properties_;
  Runtime& runtime_;
  const std::shared_ptr<spdlog::logger> log_;
  const TopicMissing topic_missing_;
  const std::unique_ptr<Doorbell> io_bell_;      // wakes the I/O thread
  const std::unique_ptr<Doorbell> closed_bell_;  // no completion runs any more
  std::unique_ptr<Thread> thread_;

  LinkMonitor link_;
  PendingSends pending_;
  std::atomic<bool> finished_{false};
  std::atomic<bool> concluded_{false};  // all have their outcome, and no more will come

  mutable internal::SharedLock
      instance_mu_;  // shared by senders; alone to replace the instance or to close
  std::unique_ptr<ProducerInstance> instance_ ABSL_GUARDED_BY(instance_mu_);
  bool closed_ ABSL_GUARDED_BY(instance_mu_) = false;
  absl::Time close_by_ ABSL_GUARDED_BY(instance_mu_) = absl::InfiniteFuture();

  // The I/O thread's.
  struct Ending {
    std::shared_ptr<std::atomic<bool>> done;
    std::unique_ptr<Thread> thread;
  };
  std::vector<std::unique_ptr<ProducerInstance>> replaced_;
  std::vector<Ending> ending_;
  std::vector<PendingSends::Outcome> outcomes_;
  bool fatal_ = false;
  absl::Time reports_until_ =
      absl::InfinitePast();  // deadlines that have passed wait for reports until then
  bool answered_ = false;
};

}  // namespace omnibus::kafka
