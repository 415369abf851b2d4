// The sending end.
#pragma once

#include <memory>

#include "omnibus/runtime.h"
#include "omnibus/transport.h"
#include "omnibus/transports/memory.h"

namespace omnibus::memory {

// `runtime` outlives the producer.
std::unique_ptr<Producer> OpenMemoryProducer(std::shared_ptr<MemoryBroker> broker,
                                             std::size_t max_body_bytes, Runtime& runtime);

}  // namespace omnibus::memory
