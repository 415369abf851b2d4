// A simulated broker with partitioned logs and consumer groups, as Kafka has them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "omnibus/queue_tools.h"
#include "omnibus/transport_plugin.h"
#include "tests/simulation/link.h"
#include "tests/simulation/record.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// Groups are balanced by the broker, partition by partition: what a member has too much of is
// revoked, and goes to the next one when the first one has let it go. Each ownership has a number;
// what comes from an earlier owner is refused.
//
// Thread-safety: see World. All but the making of topics and what looks at them is called on the
// loop's thread.
class LogBroker {
 public:
  static constexpr absl::Duration kSession = absl::Seconds(6);
  static constexpr absl::Duration kHeartbeat = absl::Milliseconds(1500);

  LogBroker(World& world, Witness& witness) : world_(world), witness_(witness) {}

  struct Partition {
    std::string topic;
    int number = 0;
    std::deque<std::unique_ptr<Record>> records;
  };

  // What one member owns of a partition.
  struct Ownership {
    std::uint64_t number = 0;  // of all there ever were
    std::int64_t committed = 0;
    bool revoked = false;  // it shall let go
    struct Side {
      std::uint32_t partition = 0;
      std::int64_t committed = 0;
      std::int64_t end = 0;  // of what it holds now, and what comes before the channel's
    };
    std::vector<Side> sides;  // the same parts of the group's side queues
  };
  using Holdings = std::map<std::uint32_t, Ownership>;  // by partition

  // What a member is told: all that it owns.
  using Inform = std::function<void(const Holdings&)>;

  void Declare(const Topology& topology, int partitions);
  bool Has(std::string_view topic) const { return topics_.contains(std::string(topic)); }
  const Partition& partition(std::uint32_t index) const { return *partitions_[index]; }
  std::size_t partitions() const { return partitions_.size(); }

  std::vector<std::uint32_t> PartitionsOf(std::string_view topic) const;
  absl::StatusOr<QueueExtent> Measure(std::string_view topic) const;

  // Appends what is no event at all.
  void Inject(const std::string& topic, const std::string& key, const std::string& body);

  // --- What producers ask for.

  // `producer` and `sequence` tell a message that is sent again.
  absl::Status Produce(std::uint64_t producer, std::uint64_t sequence, const Record& message);

  // --- What members ask for.

  struct Membership {
    std::string group;
    std::string member;
    std::vector<std::string> topics;
    std::map<std::string, std::vector<std::string>> queues;  // by topic: what is read with it
    Link* link = nullptr;
    Inform inform;  // called at the client's end
  };
  // A member that is known already holds `holding` of what it owns: it has let the rest go.
  void Join(const Membership& membership, std::uint64_t session,
            const std::set<std::uint64_t>& holding);
  // False: the member is not known (any more).
  bool Heartbeat(const std::string& group, const std::string& member);
  struct Commit {
    std::uint32_t partition;
    std::uint64_t ownership;
    std::int64_t position;
  };
  // Those of earlier owners are refused. With `release` the partitions are let go.
  bool TakeCommits(const std::string& group, const std::string& member,
                   const std::vector<Commit>& commits, bool release);
  void Leave(const std::string& group, const std::string& member);

  // Sends what the partition has from `from` on, and what is appended later, through `link`, as
  // long as its session lasts.
  using Receive = std::function<void(const Record&)>;
  void Fetch(std::uint32_t partition, std::uint64_t ownership, std::int64_t from, Link& link,
             std::uint64_t session, Receive receive);

  // Of a group; 0 where it never committed.
  std::int64_t Committed(const std::string& group, std::uint32_t partition) const;

  // Whether that ownership still holds. Nobody at a client's end can know.
  bool Owns(const std::string& group, const std::string& member, std::uint32_t partition,
            std::uint64_t ownership) const;

  // Takes members for dead that are not, now and then, as the weather wants.
  void StartForgetting();

  // Asks members for what they own, as often as that: whoever has too little gets it, most often
  // the same one again. No fault: nothing may be repeated by that.
  void StartMoving(absl::Duration every);

  World& world() { return world_; }
  Witness& witness() { return witness_; }

 private:
  struct Member {
    Membership membership;
    std::uint64_t session = 0;
    absl::Time heard;
    Holdings owned;
  };

  struct Group {
    std::map<std::string, Member> members;
    std::map<std::uint32_t, std::int64_t> committed;
  };

  struct Stream {
    std::uint64_t ownership;
    std::int64_t next;
    Link* link;
    std::uint64_t session;
    Receive receive;
  };

  Ownership Own(Group& group, const Membership& membership, std::uint32_t partition);
  void Append(std::uint32_t partition, Record message);
  bool Pump(std::uint32_t partition, Stream& stream);
  void Balance(Group& group);
  void Tell(Member& member);
  void ExpireLater(const std::string& group, const std::string& member);

  World& world_;
  Witness& witness_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::map<std::string, std::vector<std::uint32_t>> topics_;
  std::map<std::string, Group> groups_;
  std::map<std::uint32_t, std::uint32_t> main_of_;  // a side queue's part: its channel's
  std::map<std::uint32_t, std::vector<Stream>> streams_;
  std::map<std::uint64_t, std::set<std::uint64_t>> produced_;  // sequences, by producer
  std::uint64_t ownerships_ = 0;
};

// The transport to it. `process` may be killed; it outlives the transport, as the broker does.
TransportPlugin MakeLogPlugin(LogBroker& broker, Process& process);

}  // namespace omnibus::simulation
