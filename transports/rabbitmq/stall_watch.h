// Finds out that a broker has forgotten a consumer.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace omnibus::rabbitmq {

// After a failover in a cluster RabbitMQ (seen with 3.10) may give nothing more to a consumer of a
// quorum queue, though there are messages, and the connection is well. So where nothing comes, the
// broker is asked how many messages wait in the queue; and where some do, twice in a row, the
// consumer is to be made anew. Where that was in vain it is tried more and more rarely: it may be
// how somebody wants the queue (one active consumer of several). How many consumers it has says
// nothing: a node that does not reach the queue's leader answers with zeros.
class StallWatch {
 public:
  enum class Verdict { kWell, kAsk, kStalled };

  // The broker has taken the consumer.
  void Begin(absl::Time now);

  // `delivered` has counted since then. `is_full`: the broker must not deliver. `waiting` is the
  // answer to the last question, if it has come. Says nothing new before due().
  Verdict Look(absl::Time now, int delivered, bool is_full, std::optional<std::uint32_t> waiting);

  absl::Time due() const { return due_; }

 private:
  static constexpr absl::Duration kEvery = absl::Seconds(2);
  static constexpr absl::Duration kLongest = absl::Minutes(5);
  static constexpr int kEnough = 2;

  absl::Time due_ = absl::InfiniteFuture();
  absl::Duration every_ = kEvery;
  int delivered_ = 0;
  bool asked_ = false;
  int signs_ = 0;
};

}  // namespace omnibus::rabbitmq
