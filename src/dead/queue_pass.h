// Reads one queue of dead letters to the end that it had when the reading began.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/queue_tools.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"

namespace omnibus::dead {

// A log is over at the offsets that were its ends. A queue of AMQP tells how many messages wait,
// and not which: it is over when that many were seen and no further one comes at once.
//
// Thread-safety: one thread.
class QueuePass {
 public:
  // `extent` is what `gauge` said of the queue; both are the transport. `patience`: how long it may
  // give nothing.
  QueuePass(Transport& transport, QueueGauge& gauge, Runtime& runtime, std::string queue,
            QueueExtent extent, absl::Duration patience, std::stop_token stop);
  ~QueuePass();

  absl::Status Open();

  // Appends up to `max` messages to `messages`; none when it is over() or was stopped.
  // kUnavailable: the connection was lost, and what was read is back at its place.
  // kDeadlineExceeded: the broker gave nothing for too long.
  absl::Status Read(std::size_t max, std::vector<ReceivedMessage>& messages);

  bool over() const { return over_; }
  // More was seen than there was when it began: these died since.
  bool beyond_begin() const { return extent_.partitions.empty() && seen_ > extent_.messages; }

  // Each message that was read is left or taken, so that more can be read.
  void Leave(const DeliveryTag& tag) { consumer_->Settle({&tag, 1}); }
  // Of a queue; out of a log nothing can be taken. Whether it will be: the broker has heard of it
  // once Close() is OK.
  bool Take(const DeliveryTag& tag);

  // Gives back what was not taken, in its order, and waits until it is back.
  absl::Status Close(absl::Time deadline);

 private:
  absl::Status Accept(ConsumerEvent& event, std::vector<ReceivedMessage>& messages);
  void LookForEnd();
  void SkipToEnd(absl::Time deadline);
  void AwaitReturn(absl::Time deadline);
  absl::Status LookAtSilence(absl::Time now);

  Transport& transport_;
  QueueGauge& gauge_;
  Runtime& runtime_;
  const std::string queue_;
  QueueExtent extent_;
  const absl::Duration patience_;
  const std::stop_token stop_;

  std::unique_ptr<Consumer> consumer_;
  std::vector<ConsumerEvent> events_;
  std::map<std::int64_t, std::int64_t> next_;  // of a log: for each partition, what comes next
  std::int64_t seen_ = 0;
  std::int64_t taken_ = 0;
  bool lost_ = false;
  bool over_ = false;
  absl::Time heard_at_;  // when something came last
};

}  // namespace omnibus::dead
