#include "bus/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bus/retry_queue.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

// Collects errors, so that all of them are told at once.
class Complaints {
 public:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    lines_.push_back(absl::StrCat(parts...));
  }

  absl::Status ToStatus() const {
    if (lines_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(lines_, "\n"));
  }

 private:
  std::vector<std::string> lines_;
};

void AddEvent(const EventType* type, std::vector<const EventType*>& events,
              Complaints& complaints) {
  for (const EventType* known : events) {
    if (known == type) return;
    if (known->contract->type == type->contract->type) {
      complaints.Add("event ", AbslView(type->contract->type),
                     ": declared by two structs; an event type's name is its own");
      return;
    }
  }
  events.push_back(type);
}

void CheckHandler(const Module& module, const Contract& contract, Complaints& complaints) {
  if (contract.open) return;
  if (contract.domain == &module.domain() && contract.consumers.contains(module.name())) return;
  complaints.Add(
      "module ", GroupName(module), ": handles ", AbslView(contract.type),
      ", but its contract does not list it as a consumer (",
      absl::StrJoin(std::vector<std::string>(contract.consumers.begin(), contract.consumers.end()),
                    ", "),
      ")");
}

void CheckPublisher(const Module& module, const Contract& contract, Complaints& complaints) {
  if (contract.domain == &module.domain() && contract.publisher == module.name()) return;
  complaints.Add("module ", GroupName(module), ": publishes ", AbslView(contract.type),
                 ", but its contract names ", AbslView(contract.publisher), " as the publisher");
}

void CheckModule(const ModulePlan& plan, Complaints& complaints) {
  const Module& module = *plan.module;
  if (!module.domain().services.contains(module.name())) {
    complaints.Add("module ", GroupName(module),
                   ": the domain has no service of that name; it has ",
                   absl::StrJoin(std::vector<std::string>(module.domain().services.begin(),
                                                          module.domain().services.end()),
                                 ", "));
  }
  std::set<const EventType*> handled;
  for (const ModuleDescription::Handler& handler : plan.description.handlers()) {
    CheckHandler(module, *handler.type->contract, complaints);
    if (!handled.insert(handler.type).second) {
      complaints.Add("module ", GroupName(module), ": handles ",
                     AbslView(handler.type->contract->type), " twice");
    }
  }
  for (const EventType* type : plan.description.publishes()) {
    CheckPublisher(module, *type->contract, complaints);
  }
}

const TransportPlugin* FindPlugin(const std::vector<TransportPlugin>& plugins,
                                  std::string_view kind) {
  for (const TransportPlugin& plugin : plugins) {
    if (plugin.kind == kind) return &plugin;
  }
  return nullptr;
}

// The plan of transport `name`, made at first use. Null when nothing can be made of it.
TransportPlan* UseTransport(const std::string& name, const std::vector<TransportPlugin>& plugins,
                            Plan& plan, Complaints& complaints) {
  const auto known = plan.transports.find(name);
  if (known != plan.transports.end()) return &known->second;

  const auto entry = plan.configuration.transports.find(name);
  const std::string kind = entry == plan.configuration.transports.end() ? name : entry->second.kind;
  const TransportPlugin* plugin = FindPlugin(plugins, kind);
  if (plugin == nullptr) {
    std::vector<std::string> kinds;
    for (const TransportPlugin& each : plugins) kinds.emplace_back(each.kind);
    complaints.Add("transport ", name, ": this program has no transport of kind ", kind,
                   "; it has ", absl::StrJoin(kinds, ", "));
    return nullptr;
  }
  TransportPlan transport{.name = name, .plugin = plugin, .options = {}, .topology = {}};
  if (entry != plan.configuration.transports.end()) transport.options = entry->second.options;
  return &plan.transports.emplace(name, std::move(transport)).first->second;
}

void PlanChannel(std::string_view channel, const std::vector<TransportPlugin>& plugins, Plan& plan,
                 Complaints& complaints) {
  if (plan.channels.contains(channel)) return;
  const ChannelConfiguration& configured = plan.configuration.Channel(channel);
  const std::string name = configured.transport.value_or(plan.configuration.transport);
  TransportPlan* transport = UseTransport(name, plugins, plan, complaints);
  Dialect dialect = Dialect::kSnake;
  if (transport != nullptr) {
    dialect = transport->plugin->dialect;
    if (plan.configuration.envelope) dialect = *plan.configuration.envelope;
  }
  if (configured.envelope) dialect = *configured.envelope;
  plan.channels.emplace(std::string(channel), ChannelPlan{std::string(channel), name, dialect});
}

void AddType(std::string_view type, std::vector<std::string>& types) {
  if (std::find(types.begin(), types.end(), type) == types.end()) types.emplace_back(type);
}

// Adds that `module` of `contract`'s domain consumes it, whichever process it runs in.
void AddGroup(const Contract& contract, std::string_view domain, std::string_view module,
              Topology& topology) {
  for (GroupSpec& group : topology.groups) {
    if (group.channel == contract.channel && group.domain == domain && group.module == module) {
      AddType(contract.type, group.types);
      return;
    }
  }
  topology.groups.push_back({std::string(contract.channel),
                             std::string(domain),
                             std::string(module),
                             {std::string(contract.type)},
                             {RetryQueue(contract.channel, module)}});
}

void AddChannel(const ChannelConfiguration& configured, std::string_view name, Topology& topology) {
  for (const ChannelSpec& channel : topology.channels) {
    if (channel.name == name) return;
  }
  topology.channels.push_back({std::string(name), configured.partitions, configured.replication});
}

// What the process uses, and, unless it shall keep to its own, what the contracts' other consumers
// need.
void PlanTopology(Plan& plan) {
  const bool all = plan.configuration.declare == DeclareScope::kAll;
  for (const EventType* type : plan.events) {
    const Contract& contract = *type->contract;
    const ChannelPlan& channel = plan.ChannelOf(*type);
    TransportPlan& transport = plan.transports.find(channel.transport)->second;
    AddChannel(plan.configuration.Channel(contract.channel), contract.channel, transport.topology);
    transport.publishes = true;
    if (!all) continue;
    for (std::string_view consumer : contract.consumers) {
      AddGroup(contract, contract.domain->name, consumer, transport.topology);
    }
  }
  for (const ModulePlan& module : plan.modules) {
    for (const ModuleDescription::Handler& handler : module.description.handlers()) {
      const ChannelPlan& channel = plan.ChannelOf(*handler.type);
      AddGroup(*handler.type->contract, module.module->domain().name, module.module->name(),
               plan.transports.find(channel.transport)->second.topology);
    }
  }
}

void PlanConsumers(ModulePlan& module, const Plan& plan) {
  for (const ModuleDescription::Handler& handler : module.description.handlers()) {
    const Contract& contract = *handler.type->contract;
    ConsumerOptions& options = module.consumers[plan.ChannelOf(*handler.type).transport];
    options.domain = module.module->domain().name;
    options.module = module.module->name();
    options.start_from = module.configuration.start_from;
    // Others of the group may have put off as much.
    options.queue_window = 2 * module.configuration.retry.limit;
    auto subscription =
        std::find_if(options.subscriptions.begin(), options.subscriptions.end(),
                     [&](const Subscription& each) { return each.channel == contract.channel; });
    if (subscription == options.subscriptions.end()) {
      subscription = options.subscriptions.insert(
          subscription, Subscription{Destination::kChannel,
                                     std::string(contract.channel),
                                     {},
                                     {RetryQueue(contract.channel, options.module)}});
    }
    AddType(contract.type, subscription->types);
  }
}

}  // namespace

std::string GroupName(const Module& module) {
  return absl::StrCat(AbslView(module.domain().name), ".", AbslView(module.name()));
}

absl::StatusOr<Plan> MakePlan(const Setting& configuration,
                              const std::vector<TransportPlugin>& plugins,
                              const std::vector<std::unique_ptr<Module>>& modules,
                              const std::vector<const EventType*>& events) {
  absl::StatusOr<BusConfiguration> read = ReadBusConfiguration(configuration);
  if (!read.ok()) return read.status();

  Complaints complaints;
  Plan plan;
  plan.configuration = *std::move(read);
  std::set<std::string> groups;
  for (const std::unique_ptr<Module>& module : modules) {
    if (!groups.insert(GroupName(*module)).second) {
      complaints.Add("module ", GroupName(*module), ": given twice");
    }
    ModulePlan module_plan{
        .module = module.get(),
        .description = {},
        .configuration = plan.configuration.Module(module->domain().name, module->name()),
        .consumers = {}};
    module->Describe(module_plan.description);
    CheckModule(module_plan, complaints);
    for (const auto& handler : module_plan.description.handlers()) {
      AddEvent(handler.type, plan.events, complaints);
    }
    for (const EventType* type : module_plan.description.publishes()) {
      AddEvent(type, plan.events, complaints);
    }
    plan.modules.push_back(std::move(module_plan));
  }
  for (const EventType* type : events) AddEvent(type, plan.events, complaints);
  for (const EventType* type : plan.events) {
    PlanChannel(type->contract->channel, plugins, plan, complaints);
  }
  if (absl::Status status = complaints.ToStatus(); !status.ok()) return status;

  PlanTopology(plan);
  for (ModulePlan& module : plan.modules) PlanConsumers(module, plan);
  return plan;
}

}  // namespace omnibus
