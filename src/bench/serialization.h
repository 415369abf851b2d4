// What it costs to write an event into its envelope and to read it back, in both spellings.
#pragma once

#include <cstddef>
#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/sample.h"
#include "omnibus/runtime.h"

namespace omnibus::bench {

// Of several rounds, nanoseconds a message.
struct Spread {
  double median = 0, least = 0, most = 0;
};

struct SerializationResult {
  Dialect dialect = Dialect::kSnake;
  std::size_t body_bytes = 0;
  Spread encode_ns, decode_ns, copy_ns;  // copy: memcpy of the same bytes
};

// Both dialects, for `duration` in all; the rounds of what is compared are interleaved.
// kInternal: what was read is not what was written.
absl::StatusOr<std::vector<SerializationResult>> MeasureSerialization(const Sample& sample,
                                                                      Runtime& runtime,
                                                                      absl::Duration duration,
                                                                      std::stop_token stop);

}  // namespace omnibus::bench
