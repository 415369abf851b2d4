#include "transports/rabbitmq/topology.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/internal/absl_view.h"
#include "transports/rabbitmq/errors.h"

namespace omnibus::rabbitmq {
namespace {

constexpr std::size_t kMaxName = 255;  // AMQP's short string

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (!name.empty() && name.size() <= kMaxName) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "declare",
               absl::StrCat(AbslView(what), " '", AbslView(name.substr(0, 40)), "' has ",
                            name.size(), " bytes; a name has from 1 to ", kMaxName));
}

void AddStep(std::vector<DeclareStep>& steps, DeclareStep step) {
  if (std::find(steps.begin(), steps.end(), step) == steps.end()) steps.push_back(std::move(step));
}

bool Has(std::span<const std::string> names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string QueueName(std::string_view channel, std::string_view module) {
  return absl::StrCat(AbslView(channel), ".", AbslView(module));
}

absl::Status MakeSteps(const Topology& topology, std::vector<DeclareStep>& steps) {
  using Kind = DeclareStep::Kind;
  for (const ChannelSpec& channel : topology.channels) {
    if (absl::Status status = CheckName("channel", channel.name); !status.ok()) return status;
    AddStep(steps, {Kind::kExchange, channel.name, "", ""});
  }
  // A group's bindings need its exchange, whether or not the channel is listed too.
  for (const GroupSpec& group : topology.groups) {
    if (absl::Status status = CheckName("channel", group.channel); !status.ok()) return status;
    AddStep(steps, {Kind::kExchange, group.channel, "", ""});
  }
  for (const GroupSpec& group : topology.groups) {
    if (absl::Status status = CheckName("module", group.module); !status.ok()) return status;
    const std::string queue = QueueName(group.channel, group.module);
    const std::string dead = queue + ".dead";
    if (absl::Status status = CheckName("queue", dead); !status.ok()) return status;
    AddStep(steps, {Kind::kQueue, queue, "", ""});
    AddStep(steps, {Kind::kQueue, dead, "", ""});
    for (const std::string& side : group.queues) {
      if (absl::Status status = CheckName("queue", side); !status.ok()) return status;
      AddStep(steps, {Kind::kQueue, side, "", ""});
    }
  }
  for (const GroupSpec& group : topology.groups) {
    for (const std::string& type : group.types) {
      if (absl::Status status = CheckName("event type", type); !status.ok()) return status;
      AddStep(steps, {Kind::kBinding, QueueName(group.channel, group.module), group.channel, type});
    }
  }
  return absl::OkStatus();
}

void DeclaredTopology::Add(std::span<const DeclareStep> steps) {
  absl::MutexLock lock(&mu_);
  for (const DeclareStep& step : steps) AddStep(steps_, step);
  std::stable_sort(steps_.begin(), steps_.end(),
                   [](const DeclareStep& a, const DeclareStep& b) { return a.kind < b.kind; });
}

std::vector<DeclareStep> DeclaredTopology::All() const {
  absl::MutexLock lock(&mu_);
  return steps_;
}

std::vector<DeclareStep> DeclaredTopology::For(std::span<const std::string> channels,
                                               std::span<const std::string> queues) const {
  std::vector<DeclareStep> steps = All();
  std::erase_if(steps, [&](const DeclareStep& step) {
    return !Has(step.kind == DeclareStep::Kind::kExchange ? channels : queues, step.name);
  });
  return steps;
}

}  // namespace omnibus::rabbitmq
