// Where reading starts, for what the group has no position of yet.
#pragma once

#include <librdkafka/rdkafka.h>

#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/transport.h"
#include "transports/kafka/client.h"
#include "transports/kafka/position_doubt.h"

namespace omnibus::kafka {

// Asks the broker, and waits for its answer: up to `timeout` for each of a few questions. The
// thread that does so serves nothing else meanwhile.
class StartPositions {
 public:
  // Asks with `client`, a consumer of `group`. All outlive this. What the group has no position of
  // in its `side_topics` is read from the beginning, whatever `start_from` says.
  StartPositions(rd_kafka_t* client, std::string group, StartFrom start_from,
                 std::set<std::string> side_topics, absl::Duration timeout);

  // Sets the offsets of `partitions`, and leaves those without that start at the earliest message.
  // Returns them with the positions that the group has, or none (< 0). kFailedPrecondition for a
  // group that is new and should not be; any other error passes.
  absl::StatusOr<PartitionsPtr> Resolve(rd_kafka_topic_partition_list_t* partitions);

  // All partitions of `topic`. kNotFound without any.
  absl::StatusOr<int> CountPartitions(const std::string& topic);

  // What the broker keeps of a partition.
  absl::StatusOr<PositionDoubt::Bounds> AskBounds(const std::string& topic, std::int32_t number);

  // Sets each one's offset to the end or the beginning of what is kept.
  absl::Status SetBounds(rd_kafka_topic_partition_list_t* partitions, bool end);

 private:
  absl::Status CheckGroupIsKnown(const std::string& topic);

  rd_kafka_t* const client_;
  const std::string group_;
  const StartFrom start_from_;
  const std::set<std::string> side_topics_;
  const int timeout_ms_;
  // Partitions that a topic had when we first saw it: what comes later is new, and is read from its
  // beginning.
  absl::flat_hash_map<std::string, int> first_seen_;
};

}  // namespace omnibus::kafka
