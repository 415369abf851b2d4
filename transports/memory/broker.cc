#include "transports/memory/broker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace memory {

std::string GroupName(std::string_view domain, std::string_view module) {
  if (domain.empty()) return std::string(module);
  return absl::StrCat(AbslView(domain), ".", AbslView(module));
}

std::string DeadLetterQueueName(std::string_view channel, std::string_view module) {
  return absl::StrCat(AbslView(channel), ".", AbslView(module), ".dead");
}

}  // namespace memory

namespace {

constexpr int kMostPartitions = 1024;

absl::Status CheckNames(const Topology& topology) {
  for (const ChannelSpec& channel : topology.channels) {
    if (channel.name.empty()) {
      return absl::InvalidArgumentError("memory: declare: a channel without a name");
    }
    if (channel.partitions < 0 || channel.partitions > kMostPartitions) {
      return absl::InvalidArgumentError(
          absl::StrCat("memory: declare ", channel.name, ": partitions must be from 1 to ",
                       kMostPartitions, ", not ", channel.partitions));
    }
  }
  for (const GroupSpec& group : topology.groups) {
    if (group.channel.empty() || group.module.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("memory: declare: group `", group.module,
                                                     "` of channel `", group.channel,
                                                     "`: both names are needed"));
    }
    for (const std::string& queue : group.queues) {
      if (!queue.empty() && queue != group.channel) continue;
      return absl::InvalidArgumentError(absl::StrCat("memory: declare: group `", group.module,
                                                     "` of channel `", group.channel,
                                                     "`: a side queue needs a name of its own"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<MemoryBroker> MakeMemoryBroker() { return std::make_shared<MemoryBroker>(); }

memory::Log* MemoryBroker::FindLog(std::string_view name) const {
  const Logs& all = logs();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

absl::Status MemoryBroker::Declare(const Topology& topology, const MemoryOptions& options) {
  if (absl::Status status = CheckNames(topology); !status.ok()) return status;
  const memory::LogLimits limits{options.max_entries, options.max_bytes, options.history_bytes};

  absl::MutexLock lock(&mu_);
  auto next = std::make_unique<Logs>(logs());
  const auto add = [&](const std::string& name, int partitions) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (next->contains(name)) return;
    owned_logs_.push_back(std::make_unique<memory::Log>(name, partitions, limits));
    next->emplace(owned_logs_.back()->name(), owned_logs_.back().get());
  };
  for (const ChannelSpec& channel : topology.channels) {
    add(channel.name, channel.partitions > 0 ? channel.partitions : options.partitions);
  }
  for (const GroupSpec& group : topology.groups) {
    add(group.channel, options.partitions);
    // Dead letters are few, and whoever reads them wants to see them in their order.
    add(memory::DeadLetterQueueName(group.channel, group.module), 1);
    // Whoever has a part of the channel has the same of these.
    const int parts = static_cast<int>(next->at(group.channel)->partitions());
    for (const std::string& queue : group.queues) add(queue, parts);
  }
  // Groups come before the table is seen by publishers, so that what is published to a new channel
  // finds all of them.
  for (const GroupSpec& group : topology.groups) {
    const std::string name = memory::GroupName(group.domain, group.module);
    next->at(group.channel)->GetCursor(name, group.types);
    next->at(memory::DeadLetterQueueName(group.channel, group.module))->GetCursor(name, {});
    for (const std::string& queue : group.queues) next->at(queue)->GetCursor(name, {});
  }
  if (next->size() != logs().size()) {
    tables_.push_back(std::move(next));
    logs_.store(tables_.back().get(), std::memory_order_release);
  }
  return absl::OkStatus();
}

absl::Status MemoryBroker::Check(const Topology& topology) const {
  if (absl::Status status = CheckNames(topology); !status.ok()) return status;
  std::vector<std::string> missing;
  for (const ChannelSpec& channel : topology.channels) {
    if (FindLog(channel.name) == nullptr) missing.push_back("channel " + channel.name);
  }
  for (const GroupSpec& group : topology.groups) {
    const std::string name = memory::GroupName(group.domain, group.module);
    const memory::Log* const log = FindLog(group.channel);
    if (log == nullptr || !log->HasCursor(name)) {
      missing.push_back(absl::StrCat("group ", name, " of channel ", group.channel));
    }
    for (const std::string& queue : group.queues) {
      if (FindLog(queue) == nullptr) {
        missing.push_back(absl::StrCat("queue ", queue, " of group ", name));
      }
    }
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("memory: nobody has declared ",
                                          absl::StrJoin(missing, ", "),
                                          ": declare it, or configure `declare: all`"));
}

memory::Group& MemoryBroker::GetGroup(std::string_view name) {
  absl::MutexLock lock(&mu_);
  for (const auto& group : groups_) {
    if (group->name() == name) return *group;
  }
  groups_.push_back(std::make_unique<memory::Group>(std::string(name)));
  return *groups_.back();
}

}  // namespace omnibus
