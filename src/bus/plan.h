// What the configuration and the contracts together say: which event goes where, and who handles
// it. Made once, when the bus opens, and constant from then on.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/bus_configuration.h"
#include "omnibus/event_type.h"
#include "omnibus/module.h"
#include "omnibus/transport.h"
#include "omnibus/transport_plugin.h"

namespace omnibus {

struct ChannelPlan {
  std::string name;
  std::string transport;  // the entry's name
  Dialect dialect;
};

struct ModulePlan {
  Module* module;
  ModuleDescription description;
  ModuleConfiguration configuration;
  std::map<std::string, ConsumerOptions> consumers;  // by transport; side queues included
};

struct TransportPlan {
  std::string name;
  const TransportPlugin* plugin;
  Setting options;
  Topology topology;
  bool publishes = false;  // some event of ours, or dead letters
};

struct Plan {
  BusConfiguration configuration;
  std::map<std::string, ChannelPlan, std::less<>> channels;
  std::map<std::string, TransportPlan, std::less<>> transports;  // those that are used
  std::vector<ModulePlan> modules;
  std::vector<const EventType*> events;  // all, each once

  const ChannelPlan& ChannelOf(const EventType& type) const {
    return channels.find(type.contract->channel)->second;
  }
};

// kInvalidArgument with all errors, a line each: configuration, and modules that break contracts.
absl::StatusOr<Plan> MakePlan(const Setting& configuration,
                              const std::vector<TransportPlugin>& plugins,
                              const std::vector<std::unique_ptr<Module>>& modules,
                              const std::vector<const EventType*>& events);

// "bookstore.catalog-service".
std::string GroupName(const Module& module);

}  // namespace omnibus
