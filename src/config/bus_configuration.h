// What the configuration says about the bus as a whole, its transports, channels and modules. What
// stands inside a transport or in a module's settings is read by these themselves.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/configuration.h"
#include "omnibus/envelope.h"
#include "omnibus/retry_policy.h"
#include "omnibus/transport.h"

namespace omnibus {

// The one transport that needs no entry.
inline constexpr std::string_view kMemoryTransport = "memory";

// What a process declares at its brokers.
enum class DeclareScope {
  kAll,    // the channels, groups and queues of all events that it knows
  kOwn,    // just what it uses itself
  kNever,  // nothing: what it uses has to be there
};

// What becomes of an ordered key whose event is a dead letter.
enum class AfterDeadLetter {
  kContinue,  // it goes on with the next one
  kPark,      // what follows goes to the dead letters behind it, until it is replayed or dropped
};

struct TransportConfiguration {
  std::string kind;  // which plug-in: "kafka", "rabbitmq", "memory"; the default is its own name
  Setting options;   // all but `kind`, for the plug-in to read; nothing when there is no entry
};

struct ChannelConfiguration {
  std::optional<std::string> transport;  // declared in BusConfiguration::transports
  std::optional<Dialect> envelope;
  int partitions = 0;   // 0: the transport's default
  int replication = 0;  // 0: the transport's default
};

struct ModuleConfiguration {
  int concurrency = 1;  // handlers that run at a time
  StartFrom start_from = StartFrom::kEarliest;
  bool ordered = true;  // no event overtakes an earlier one of its key that is being retried
  AfterDeadLetter after_dead_letter = AfterDeadLetter::kContinue;
  RetryPolicy retry;
  std::size_t in_flight = 1024;  // most messages that it holds at once
  Setting settings;              // the module's own
};

struct BusConfiguration {
  std::string transport{kMemoryTransport};  // declared in `transports`
  std::optional<Dialect> envelope;          // nothing: the transport's own
  DeclareScope declare = DeclareScope::kAll;
  absl::Duration drain = absl::Seconds(20);            // how long a stop waits for running handlers
  absl::Duration publish_timeout = absl::Seconds(30);  // of a publish that names no deadline

  std::map<std::string, TransportConfiguration> transports;  // "memory" always among them
  std::map<std::string, ChannelConfiguration> channels;
  std::map<std::string, ModuleConfiguration> modules;  // by "module" or "domain/module"

  // What is configured for it, or the defaults. `domain/module` goes before `module` alone.
  const ModuleConfiguration& Module(std::string_view domain, std::string_view module) const;
  const ChannelConfiguration& Channel(std::string_view channel) const;

  // The keys of `modules` and `channels`, for errors about them.
  std::map<std::string, Setting::Place> module_places;
  std::map<std::string, Setting::Place> channel_places;
};

// Reads and checks it all: kInvalidArgument with each error's place, a line each.
absl::StatusOr<BusConfiguration> ReadBusConfiguration(const Setting& root);

struct ModuleName {
  std::string_view domain;
  std::string_view module;
};

// Whether each module and channel that is configured is known: kInvalidArgument for those that are
// not, and for a short name that two domains have.
absl::Status CheckNames(const BusConfiguration& configuration, std::span<const ModuleName> modules,
                        std::span<const std::string_view> channels);

}  // namespace omnibus
