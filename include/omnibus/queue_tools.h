// What a transport can do for tools that look through side queues, beside omnibus/transport.h: it
// is no part of what the bus needs, so a transport may leave it out, and then has no such tools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/transport.h"

namespace omnibus {

// What lies in a queue at the moment.
struct QueueExtent {
  // Offsets of what is kept: from `begin` to before `end`, maybe with gaps.
  struct Partition {
    std::int64_t partition = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  std::vector<Partition> partitions;  // of a log; else empty
  // What waits for a consumer; what one holds unsettled is not counted. Of a log: all that is kept.
  std::int64_t messages = 0;
  std::int64_t consumers = 0;  // of a queue: who reads it
};

// A Transport that has such tools is one of these as well.
//
// Thread-safety: any thread, concurrently.
class QueueGauge {
 public:
  virtual ~QueueGauge() = default;

  // Looks at a side queue, for whoever reads it to its end. Waits for the broker as
  // Transport::Declare() does. kNotFound: there is no such queue.
  virtual absl::StatusOr<QueueExtent> MeasureQueue(std::string_view queue, absl::Time deadline) = 0;
};

// A Consumer that reads queues out of which messages can be taken is one of these as well.
//
// Thread-safety: any thread, concurrently.
class QueueTaker {
 public:
  virtual ~QueueTaker() = default;

  // Takes messages out of a queue that is nobody's to this consumer (ConsumerOptions without a
  // module): there Consumer::Settle() says "seen, and left in its place", and this "gone for good".
  // One of the two for each message. Returns how many were not taken: their epoch has passed, or
  // the consumer is a group's. Doesn't block; the broker has heard of all once Close() is OK, and
  // may not have before.
  virtual std::size_t Take(std::span<const DeliveryTag> tags) = 0;
};

}  // namespace omnibus
