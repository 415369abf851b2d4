// The receiving end: one member of a group, or a reader that is nobody's.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/memory.h"

namespace omnibus::memory {

// kNotFound: a channel that nobody has declared. kFailedPrecondition: see StartFrom::kError.
// `runtime` outlives the consumer.
absl::StatusOr<std::unique_ptr<Consumer>> OpenMemoryConsumer(std::shared_ptr<MemoryBroker> broker,
                                                             const ConsumerOptions& options,
                                                             absl::Duration release_timeout,
                                                             Runtime& runtime);

}  // namespace omnibus::memory
