// The publishing end of a transport to a simulated broker: the same for both of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "omnibus/transport.h"
#include "tests/simulation/pending_publishes.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// What a broker does with a request that has arrived; the outcome goes back to the client.
using Ask = std::function<absl::Status(const PendingPublishes::Request&)>;

// What was written and not answered is written again on the next connection, in order. At most
// `most` are without outcome.
std::unique_ptr<Producer> MakeProducer(World& world, Process& process, std::size_t most, Ask ask);

}  // namespace omnibus::simulation
