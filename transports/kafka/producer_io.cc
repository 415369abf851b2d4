// The producer's I/O thread: serves librdkafka's queue, keeps the deadlines, replaces a client that
// has ended.
#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "transports/kafka/errors.h"
#include "transports/kafka/producer_core.h"

namespace omnibus::kafka {
namespace {

constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kFirstAnswer = absl::Milliseconds(20);
// How long a dropped client may take to say what became of its messages: well within the 100 ms
// that an outcome may be late.
constexpr absl::Duration kReports = absl::Milliseconds(60);
// Events served before the deadlines get their turn.
constexpr int kEventsAtOnce = 64;

}  // namespace

void ProducerCore::Run() {
  while (true) {
    ProducerInstance* instance = nullptr;
    bool closed = false;
    absl::Time close_by;
    {
      const internal::LockedShared lock(instance_mu_);
      instance = instance_.get();  // only this thread replaces it
      closed = closed_;
      close_by = close_by_;
    }
    bool more = Serve(*instance, /*current=*/true);
    for (const std::unique_ptr<ProducerInstance>& old : replaced_) {
      more = Serve(*old, /*current=*/false) || more;
    }
    EndReplaced();

    const absl::Time now = runtime_.Now();
    KeepDeadlines(now);
    if (fatal_) Replace();
    if (!answered_) LookForFirstAnswer();
    if (closed && (now >= close_by || pending_.live() == 0)) break;
    if (!more) io_bell_->Wait(std::min(NextWake(), close_by));
  }

  pending_.ExpireAll("the producer was closed");
  concluded_ = true;
  closed_bell_->Ring();
  std::unique_ptr<ProducerInstance> last;
  {
    const internal::LockedAlone lock(instance_mu_);
    last = std::move(instance_);
  }
  last.reset();
  replaced_.clear();
  for (const Ending& ending : ending_) ending.thread->Join();
  finished_ = true;
}

void ProducerCore::KeepDeadlines(absl::Time now) {
  if (link_.healthy()) {
    pending_.Expire(now, {});
    return;
  }
  if (now < reports_until_ && !replaced_.empty()) return;
  if (now >= reports_until_ + kReports && pending_.AllOverdue(now)) {
    // Cut off, and nobody waits any longer for anything that librdkafka still has. It cannot give
    // back single messages, but a client as a whole can be dropped: so its callers hear the truth,
    // that most were never sent, and nothing is sent long after they were told that it failed.
    Replace();
    reports_until_ = now + kReports;
    return;
  }
  pending_.Expire(now, link_.Get().detail);
}

absl::Time ProducerCore::NextWake() const {
  const absl::Time now = runtime_.Now();
  if (pending_.live() > 0 || !replaced_.empty()) return now + PendingSends::kTick;
  return now + (answered_ ? kIdle : kFirstAnswer);
}

bool ProducerCore::Serve(ProducerInstance& instance, bool current) {
  for (int i = 0; i < kEventsAtOnce; ++i) {
    EventPtr event(rd_kafka_queue_poll(instance.queue.get(), 0));
    if (!event) return false;
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_DR:
        Report(std::move(event));
        break;
      case RD_KAFKA_EVENT_ERROR:
        // What a client that was replaced thinks of its connections is no news.
        if (!current) break;
        OnError(rd_kafka_event_error_is_fatal(event.get()) != 0 ? RD_KAFKA_RESP_ERR__FATAL
                                                                : rd_kafka_event_error(event.get()),
                rd_kafka_event_error_string(event.get()));
        break;
      case RD_KAFKA_EVENT_STATS:
        if (current) OnStatistics(rd_kafka_event_stats(event.get()));
        break;
      default:
        break;
    }
  }
  return true;
}

void ProducerCore::Report(EventPtr event) {
  outcomes_.clear();
  bool answered = false;
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
    auto* const send = static_cast<PendingSend*>(message->_private);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!std::exchange(answered, true)) link_.OnAnswer();
      outcomes_.push_back({send, absl::OkStatus()});
      continue;
    }
    const char* const topic = rd_kafka_topic_name(message->rkt);
    Missing(message->err, topic);
    const LinkHealth health = link_.Get();
    outcomes_.push_back(
        {send, DeliveryStatus(message->err, rd_kafka_message_status(message), topic,
                              health.healthy ? std::string_view() : health.detail)});
  }
  answered_ = answered_ || answered;
  // librdkafka counts its messages as waiting until here: who hears an outcome finds room.
  event.reset();
  pending_.Finish(outcomes_);
}

void ProducerCore::Replace() {
  fatal_ = false;
  absl::StatusOr<std::unique_ptr<ProducerInstance>> fresh = NewInstance();
  if (!fresh.ok()) {
    log_->error("kafka: producer: {}", fresh.status().ToString());
    fatal_ = true;  // tried again at the next turn
    return;
  }
  std::unique_ptr<ProducerInstance> old;
  {
    const internal::LockedAlone lock(instance_mu_);
    old = std::exchange(instance_, std::move(*fresh));
  }
  rd_kafka_purge(old->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                        RD_KAFKA_PURGE_F_NON_BLOCKING);
  replaced_.push_back(std::move(old));
  answered_ = false;
}

void ProducerCore::EndReplaced() {
  for (std::unique_ptr<ProducerInstance>& old : replaced_) {
    if (rd_kafka_outq_len(old->client.get()) > 0) continue;
    auto done = std::make_shared<std::atomic<bool>>(false);
    ending_.push_back({done, runtime_.Spawn("kafka-destroy", [done, instance = old.release()] {
                         delete instance;
                         *done = true;
                       })});
  }
  std::erase(replaced_, nullptr);
  std::erase_if(ending_, [](const Ending& ending) {
    const bool done = *ending.done;
    if (done) ending.thread->Join();
    return done;
  });
}

void ProducerCore::LookForFirstAnswer() {
  const internal::LockedShared lock(instance_mu_);
  // Known once a broker has sent its metadata; statistics would say so only after a second.
  char* cluster = rd_kafka_clusterid(instance_->client.get(), 0);
  if (cluster == nullptr) return;
  rd_kafka_mem_free(instance_->client.get(), cluster);
  answered_ = true;
  link_.OnAnswer();
}

}  // namespace omnibus::kafka
