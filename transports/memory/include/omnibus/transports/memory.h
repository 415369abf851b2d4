// The memory transport: a broker inside the process, and the default one.
// transports/memory/README.md says what it promises.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omnibus/configuration.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transport_plugin.h"

namespace spdlog {
class logger;
}

namespace omnibus {

// Holds the logs and what each group has settled of them, for as long as somebody holds it.
// Transports that share one see the same channels: so what one bus has left unsettled, another one
// takes up.
//
// Thread-safety: any thread, concurrently.
class MemoryBroker;
std::shared_ptr<MemoryBroker> MakeMemoryBroker();

struct MemoryOptions {
  std::shared_ptr<MemoryBroker> broker;  // default: a new one, of this transport alone

  // Of a channel whose declaration says nothing. 1 to 1024. Events of one key are in one partition,
  // and a partition is read by one member of a group at a time.
  int partitions = 8;

  // What is larger is refused by Send().
  std::size_t max_body_bytes = 16u << 20;

  // What one channel or queue holds at most, with what every group has settled trimmed away. Send()
  // returns kResourceExhausted above. Those of the transport that declares it first.
  std::size_t max_entries = 1'000'000;
  std::size_t max_bytes = 256u << 20;

  // How much of what every group has settled is kept all the same, for groups and readers that come
  // later; of each channel or queue.
  std::size_t history_bytes = 16u << 20;

  // How long a member may keep partitions that shall go to another one, before they are taken away.
  absl::Duration release_timeout = absl::Seconds(30);
};

// Reads the fields above by their names, all but `broker`; what is left out keeps its default.
// kInvalidArgument with the place of each error.
absl::StatusOr<MemoryOptions> ReadMemoryOptions(const Setting& setting, std::string_view path);

// kInvalidArgument: an option is out of its range. `runtime` outlives the transport.
absl::StatusOr<std::unique_ptr<Transport>> MakeMemoryTransport(MemoryOptions options,
                                                               Runtime& runtime,
                                                               std::shared_ptr<spdlog::logger> log);

// The kind "memory" for BusOptions::transports. Every transport that it makes is on `broker`; with
// none, each has a broker of its own, and what is unsettled ends with the bus.
TransportPlugin MakeMemoryPlugin(std::shared_ptr<MemoryBroker> broker = nullptr);

}  // namespace omnibus
