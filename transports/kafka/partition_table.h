// The partitions of one consumer: which it owns, under which epoch, what was handed out and settled
// of each, and what the broker was told. Knows nothing of librdkafka.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "omnibus/transport.h"
#include "omnibus/watermark.h"

namespace omnibus::kafka {

// Where a group goes on reading a partition.
struct Position {
  std::uint32_t source = 0;
  std::int64_t offset = 0;

  bool operator==(const Position&) const = default;
};

// Thread-safety: none; its owner guards it.
class PartitionTable {
 public:
  struct Partition {
    std::string topic;
    std::int32_t number = 0;
    std::uint64_t epoch = 0;      // of the assignment that it is owned under; 0: not owned
    bool leaving = false;         // revoked: nothing more is handed out
    std::int64_t last = -1;       // handed out last in this epoch
    std::int64_t last_time = -1;  // and when it was written
    std::int64_t next = -1;       // where reading goes on, at least; -1: the broker decides
    bool doubted = false;         // see Doubt()
    bool another_log = false;     // a message that was handed out is a different one by now
    std::optional<Watermark> marks;
    std::int64_t told = -1;  // the broker was told this position, or gave it to us
  };

  // The same number for the same partition as long as this consumer lives.
  std::uint32_t SourceOf(std::string_view topic, std::int32_t number);
  const Partition& Get(std::uint32_t source) const { return partitions_[source]; }
  std::optional<std::uint32_t> Find(std::string_view topic, std::int32_t number) const;

  // A number for a change of what is owned. Never 0.
  std::uint64_t NextEpoch() { return ++epoch_; }

  void Assign(std::uint32_t source, std::uint64_t epoch);
  // Reading starts at `offset`, which the broker has not been told yet.
  void StartAt(std::uint32_t source, std::int64_t offset);
  // Reading goes on at `offset`, which the broker gave us.
  void GoOnAt(std::uint32_t source, std::int64_t offset);
  // Reading has come to the end at `offset`. True when the broker is to be told of a position.
  bool StartAtEnd(std::uint32_t source, std::int64_t offset);
  // The broker is to be told its position again.
  void Remind(std::uint32_t source) { partitions_[source].told = -1; }
  // Stops handing out.
  void Leave(std::uint32_t source) { partitions_[source].leaving = true; }
  // Its epoch has passed.
  void Drop(std::uint32_t source) { partitions_[source].epoch = 0; }

  // It may not be the log that it was, or not all of it: nothing is handed out until Trust().
  void Doubt(std::uint32_t source) { partitions_[source].doubted = true; }
  // Reading goes on at `next`.
  void Trust(std::uint32_t source, std::int64_t next);
  // Those that are doubted, of what is owned and stays.
  std::vector<std::uint32_t> Doubted() const;

  // What to do with a message that was fetched.
  enum class Fetched {
    kHandOut,
    kDrop,   // its partition is not ours, leaves or is doubted, or it was handed out already:
             // librdkafka 2.0 may repeat one around a pause
    kDoubt,  // it is from before where reading was: its partition is doubted from now on
  };
  // For kHandOut, `tag` is set. `time` is the message's own, in any unit.
  Fetched HandOut(std::uint32_t source, std::int64_t offset, std::int64_t time, DeliveryTag& tag);

  // How many were dropped.
  std::size_t Settle(std::span<const DeliveryTag> tags);

  // Handed out and not settled.
  std::size_t Unfinished(std::span<const std::uint32_t> sources) const;

  // What of the owned partitions the broker doesn't know yet.
  std::vector<Position> Untold() const;
  // It knows now.
  void Told(const Position& position);

  std::size_t owned() const;
  std::vector<std::uint32_t> Owned() const;
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::vector<Partition> partitions_;  // by source; there are few, and lookups by name are rare
  std::uint64_t epoch_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace omnibus::kafka
