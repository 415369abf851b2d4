// What a message costs in a bus of some size.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace scale {

// A bus on the memory transport, and what goes through it.
struct Shape {
  std::int64_t channels = 1;    // published to in turn; every module handles all of them
  std::int64_t partitions = 8;  // of each channel
  std::int64_t keys = 1000;     // of each channel
  std::int64_t in_flight = 1024;
  std::int64_t modules = 1;
  std::size_t text_bytes = 100;  // of the event's only member; the envelope is on top of it
  std::int64_t messages = 200'000;
  bool one_by_one = false;  // each is published when the one before has been handled
  bool held = false;        // the first handler waits until twice in_flight is published
};

struct Cost {
  // For each delivery, from publish to settle; the last few are handled and not settled yet.
  double cpu_ns = 0;  // of the process
  double wall_ns = 0;
  double open_ms = 0;  // of CPU, until the bus is ready
  std::size_t body_bytes = 0;
};

absl::StatusOr<Cost> MeasureCost(const Shape& shape);

}  // namespace scale
