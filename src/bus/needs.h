// What modules need of their brokers.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "bus/plan.h"
#include "omnibus/transport.h"

namespace omnibus {

// kFailedPrecondition, with a line for each need of `module`, by its description or by its
// configuration, that the transport `name` of the kind `kind` does not meet: the module, the need,
// the transport, and what would help.
absl::Status CheckNeeds(const ModulePlan& module, std::string_view name, std::string_view kind,
                        const Capabilities& capabilities);

}  // namespace omnibus
