#include "tests/simulation/log_broker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace omnibus::simulation {
namespace {

// Any hash does, as long as it is the same in each run.
std::uint64_t HashOf(std::string_view key) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash ^ (hash >> 29);
}

}  // namespace

void LogBroker::Declare(const Topology& topology, int partitions) {
  const auto make = [&](const std::string& name, int count) {
    if (topics_.contains(name)) return;
    for (int i = 0; i < count; ++i) {
      topics_[name].push_back(static_cast<std::uint32_t>(partitions_.size()));
      partitions_.push_back(std::make_unique<Partition>());
      partitions_.back()->topic = name;
      partitions_.back()->number = i;
    }
  };
  for (const ChannelSpec& channel : topology.channels) {
    make(channel.name, channel.partitions > 0 ? channel.partitions : partitions);
  }
  for (const GroupSpec& group : topology.groups) {
    make(absl::StrCat(group.channel, ".", group.module, ".dead"), 1);
    const auto channel = topics_.find(group.channel);
    if (channel == topics_.end()) continue;
    for (const std::string& queue : group.queues) {
      make(queue, static_cast<int>(channel->second.size()));
      for (std::size_t i = 0; i < channel->second.size(); ++i) {
        main_of_[topics_[queue][i]] = channel->second[i];
      }
    }
  }
}

std::vector<std::uint32_t> LogBroker::PartitionsOf(std::string_view topic) const {
  const auto found = topics_.find(std::string(topic));
  return found == topics_.end() ? std::vector<std::uint32_t>() : found->second;
}

absl::StatusOr<QueueExtent> LogBroker::Measure(std::string_view topic) const {
  const std::vector<std::uint32_t> indices = PartitionsOf(topic);
  if (indices.empty()) return absl::NotFoundError("log: there is no such topic");
  QueueExtent extent;
  for (const std::uint32_t index : indices) {
    const Partition& partition = *partitions_[index];
    const auto end = static_cast<std::int64_t>(partition.records.size());
    extent.partitions.push_back({partition.number, 0, end});
    extent.messages += end;
  }
  return extent;
}

void LogBroker::Inject(const std::string& topic, const std::string& key, const std::string& body) {
  Record record;
  record.channel = topic;
  record.key = key;
  record.body = body;
  Append(topics_.at(topic)[HashOf(key) % topics_.at(topic).size()], std::move(record));
}

absl::Status LogBroker::Produce(std::uint64_t producer, std::uint64_t sequence,
                                const Record& message) {
  const auto topic = topics_.find(message.channel);
  if (topic == topics_.end()) {
    return absl::NotFoundError(absl::StrCat("log: there is no topic ", message.channel));
  }
  if (produced_[producer].contains(sequence)) return absl::OkStatus();
  if (world_.dice.Chance(world_.weather.refused_publish)) {
    ++world_.faults;
    world_.trace.Step("broker: refuses a message to ", message.channel);
    return absl::UnavailableError("log: the partition has no leader");
  }
  produced_[producer].insert(sequence);
  std::uint64_t spread = message.key.empty() ? world_.dice.Next() : HashOf(message.key);
  if (message.partition >= 0) spread = static_cast<std::uint64_t>(message.partition);
  Append(topic->second[spread % topic->second.size()], message);
  return absl::OkStatus();
}

void LogBroker::Append(std::uint32_t index, Record message) {
  Partition& partition = *partitions_[index];
  auto record = std::make_unique<Record>(std::move(message));
  record->partition = partition.number;
  record->position = static_cast<std::int64_t>(partition.records.size());
  record->name = absl::StrCat(record->channel, "/", partition.number, "/", record->position);
  world_.trace.Step("broker: ", record->name, " is ", record->type, " of key ", record->key);
  partition.records.push_back(std::move(record));
  witness_.OnAppended(*partition.records.back());
  std::erase_if(streams_[index], [&](Stream& stream) { return !Pump(index, stream); });
}

bool LogBroker::Pump(std::uint32_t index, Stream& stream) {
  if (stream.session != stream.link->session()) return false;
  const Partition& partition = *partitions_[index];
  std::vector<const Record*> batch;
  while (stream.next < static_cast<std::int64_t>(partition.records.size())) {
    batch.push_back(partition.records[static_cast<std::size_t>(stream.next++)].get());
  }
  if (batch.empty()) return true;
  stream.link->ToClient(stream.session, [batch = std::move(batch), receive = stream.receive] {
    for (const Record* record : batch) receive(*record);
  });
  return true;
}

void LogBroker::Fetch(std::uint32_t partition, std::uint64_t ownership, std::int64_t from,
                      Link& link, std::uint64_t session, Receive receive) {
  auto& streams = streams_[partition];
  std::erase_if(streams, [&](const Stream& stream) {
    return stream.session != stream.link->session() || stream.link == &link;
  });
  streams.push_back({ownership, from, &link, session, std::move(receive)});
  Pump(partition, streams.back());
}

void LogBroker::Join(const Membership& membership, std::uint64_t session,
                     const std::set<std::uint64_t>& holding) {
  Group& group = groups_[membership.group];
  const auto [found, is_new] = group.members.try_emplace(membership.member);
  Member& member = found->second;
  member.membership = membership;
  member.session = session;
  member.heard = world_.loop.Now();
  if (is_new) {
    world_.trace.Step("broker: ", membership.member, " joins ", membership.group);
    ExpireLater(membership.group, membership.member);
  } else {
    // What it does not know of was on its way to it when its connection was lost: it is told again,
    // under a number of its own.
    std::erase_if(member.owned, [&](const auto& owned) {
      return owned.second.revoked && !holding.contains(owned.second.number);
    });
    for (auto& [partition, ownership] : member.owned) {
      if (!holding.contains(ownership.number)) ownership = Own(group, membership, partition);
    }
  }
  Balance(group);
  Tell(member);
}

bool LogBroker::Heartbeat(const std::string& group, const std::string& member) {
  const auto found = groups_[group].members.find(member);
  if (found == groups_[group].members.end()) return false;
  found->second.heard = world_.loop.Now();
  return true;
}

void LogBroker::ExpireLater(const std::string& group, const std::string& name) {
  const auto member = groups_[group].members.find(name);
  if (member == groups_[group].members.end()) return;
  const absl::Time end = member->second.heard + kSession;
  if (end <= world_.loop.Now()) {
    world_.trace.Step("broker: ", name, " is taken for dead");
    Leave(group, name);
    return;
  }
  world_.loop.At(end, [this, group, name] { ExpireLater(group, name); });
}

bool LogBroker::TakeCommits(const std::string& group_name, const std::string& name,
                            const std::vector<Commit>& commits, bool release) {
  Group& group = groups_[group_name];
  const auto found = group.members.find(name);
  if (found == group.members.end()) return false;
  Member& member = found->second;
  member.heard = world_.loop.Now();
  bool all = true;
  std::vector<std::uint32_t> released;
  for (const Commit& commit : commits) {
    const auto main = main_of_.find(commit.partition);
    const auto owned = member.owned.find(main == main_of_.end() ? commit.partition : main->second);
    if (owned == member.owned.end() || owned->second.number != commit.ownership) {
      world_.trace.Step("broker: refuses a commit by ", name);
      all = false;
      continue;
    }
    const Partition& partition = *partitions_[commit.partition];
    world_.trace.Step("broker: ", group_name, " is at ", partition.topic, "/", partition.number,
                      "/", commit.position, release ? ", and lets it go" : "");
    group.committed[commit.partition] = commit.position;
    if (release) released.push_back(owned->first);
  }
  for (const std::uint32_t partition : released) member.owned.erase(partition);
  if (release) Balance(group);
  return all;
}

void LogBroker::Leave(const std::string& group_name, const std::string& name) {
  Group& group = groups_[group_name];
  if (group.members.erase(name) == 0) return;
  world_.trace.Step("broker: ", name, " has left ", group_name);
  Balance(group);
}

void LogBroker::Balance(Group& group) {
  if (group.members.empty()) return;
  std::set<std::uint32_t> free;
  for (const std::string& topic : group.members.begin()->second.membership.topics) {
    free.insert(topics_[topic].begin(), topics_[topic].end());
  }
  const std::size_t all = free.size();
  const std::size_t most = (all + group.members.size() - 1) / group.members.size();
  const std::size_t least = all / group.members.size();
  std::size_t with_more = all % group.members.size();  // as many may have the most
  std::map<Member*, std::size_t> quota;
  std::set<Member*> changed;
  for (auto& [name, member] : group.members) {
    for (const auto& [partition, ownership] : member.owned) free.erase(partition);
  }
  for (auto& [name, member] : group.members) {
    quota[&member] = least;
    if (member.owned.size() > least && with_more > 0) {
      quota[&member] = most;
      --with_more;
    }
  }
  for (auto& [name, member] : group.members) {
    if (quota[&member] == least && with_more > 0) {
      quota[&member] = most;
      --with_more;
    }
  }
  for (auto& [name, member] : group.members) {
    std::size_t kept = 0;
    for (auto& [partition, ownership] : member.owned) {
      if (!ownership.revoked && ++kept > quota[&member]) {
        ownership.revoked = true;
        changed.insert(&member);
      }
    }
  }
  for (auto& [name, member] : group.members) {
    while (!free.empty() && member.owned.size() < quota[&member]) {
      const std::uint32_t partition = *free.begin();
      free.erase(free.begin());
      member.owned[partition] = Own(group, member.membership, partition);
      changed.insert(&member);
    }
  }
  for (auto& [name, member] : group.members) {
    if (changed.contains(&member)) Tell(member);
  }
}

LogBroker::Ownership LogBroker::Own(Group& group, const Membership& membership,
                                    std::uint32_t partition) {
  Ownership ownership;
  ownership.number = ++ownerships_;
  ownership.committed = group.committed[partition];
  const auto queues = membership.queues.find(partitions_[partition]->topic);
  if (queues == membership.queues.end()) return ownership;
  for (const std::string& queue : queues->second) {
    const std::uint32_t side =
        topics_.at(queue)[static_cast<std::size_t>(partitions_[partition]->number)];
    ownership.sides.push_back({side, group.committed[side],
                               static_cast<std::int64_t>(partitions_[side]->records.size())});
  }
  return ownership;
}

void LogBroker::Tell(Member& member) {
  member.membership.link->ToClient(
      member.session, [inform = member.membership.inform, owned = member.owned] { inform(owned); });
}

std::int64_t LogBroker::Committed(const std::string& group, std::uint32_t partition) const {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return 0;
  const auto committed = found->second.committed.find(partition);
  return committed == found->second.committed.end() ? 0 : committed->second;
}

bool LogBroker::Owns(const std::string& group, const std::string& member, std::uint32_t partition,
                     std::uint64_t ownership) const {
  const auto members = groups_.find(group);
  if (members == groups_.end()) return false;
  const auto found = members->second.members.find(member);
  if (found == members->second.members.end()) return false;
  const auto owned = found->second.owned.find(partition);
  return owned != found->second.owned.end() && owned->second.number == ownership;
}

void LogBroker::StartForgetting() {
  if (world_.weather.consumer_cancelled_every == absl::InfiniteDuration()) return;
  world_.loop.After(
      world_.dice.Between(absl::ZeroDuration(), 2 * world_.weather.consumer_cancelled_every),
      [this] {
        if (world_.weather.consumer_cancelled_every == absl::InfiniteDuration()) return;
        std::vector<std::pair<std::string, std::string>> members;
        std::vector<std::pair<std::string, std::string>> leaving;  // that shall let something go
        for (const auto& [name, group] : groups_) {
          for (const auto& [member, state] : group.members) {
            members.emplace_back(name, member);
            const bool leaves = std::any_of(state.owned.begin(), state.owned.end(),
                                            [](const auto& owned) { return owned.second.revoked; });
            if (leaves) leaving.emplace_back(name, member);
          }
        }
        // In the middle of a handover it is worst.
        if (!leaving.empty() && world_.dice.Chance(0.5)) members = leaving;
        if (!members.empty()) {
          ++world_.faults;
          const auto& [group, member] = members[world_.dice.Next() % members.size()];
          Leave(group, member);
        }
        StartForgetting();
      });
}

void LogBroker::StartMoving(absl::Duration every) {
  world_.loop.After(world_.dice.Between(absl::ZeroDuration(), 2 * every), [this, every] {
    if (world_.cleared_up) return;
    std::vector<std::pair<Member*, Ownership*>> all;
    for (auto& [name, group] : groups_) {
      for (auto& [member, state] : group.members) {
        for (auto& [partition, ownership] : state.owned) {
          if (!ownership.revoked) all.emplace_back(&state, &ownership);
        }
      }
    }
    if (!all.empty()) {
      const auto& [member, ownership] = all[world_.dice.Next() % all.size()];
      world_.trace.Step("broker: wants something back from ", member->membership.member);
      ownership->revoked = true;
      Tell(*member);
    }
    StartMoving(every);
  });
}

}  // namespace omnibus::simulation
