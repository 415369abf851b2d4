// bench: what the bus costs, on this machine and this broker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "bench/throughput.h"
#include "cli/environment.h"

namespace omnibus::cli {

struct BenchCommand {
  enum class What { kSerialization, kDispatch, kThroughput, kLatency };

  What what = What::kThroughput;
  bench::Mode mode = bench::Mode::kBoth;
  std::string transport;  // an entry's name, or a kind; empty: as the configuration says
  std::vector<std::string> configuration;
  std::string event;                     // its type; empty: order.created, else the first there is
  std::string data;                      // JSON, @FILE, or -; empty: an event of the tool's own
  std::string channel;                   // empty: omnibus-bench.<type>
  std::size_t size = 0;                  // the least bytes of a body; 0: as the event is
  std::optional<std::int64_t> messages;  // none: as many as there are in `duration`
  std::optional<absl::Duration> duration;  // none: the measurement's own
  double rate = 0;                         // messages a second; 0: the measurement's own
  int publishers = 1;
  bool wait = false;
  int keys = 1000;
  absl::Duration timeout = absl::Seconds(30);
  bool json = false;
  std::string report;  // a file; empty: none
};

int Bench(const BenchCommand& command, Environment& environment);

// "throughput"
std::string_view NameOf(BenchCommand::What what);

}  // namespace omnibus::cli
