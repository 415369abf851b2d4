// What the linked domains declare, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "omnibus/domain.h"

namespace omnibus::cli {

struct NamedModule {
  const Domain* domain;
  const ModuleFactory* factory;
};

// All errors are kNotFound, and name what was probably meant; kInvalidArgument: a short name that
// is ambiguous.
absl::StatusOr<NamedModule> FindModule(const std::vector<Domain>& domains, std::string_view name);
absl::StatusOr<const EventType*> FindEvent(const std::vector<Domain>& domains,
                                           std::string_view type);
// The domain whose events travel there; the first one, when there are several.
absl::StatusOr<const Domain*> FindChannel(const std::vector<Domain>& domains,
                                          std::string_view channel);

std::vector<const EventType*> AllEvents(const std::vector<Domain>& domains);
// Each once, in the order of the events.
std::vector<std::string_view> AllChannels(const std::vector<Domain>& domains);

}  // namespace omnibus::cli
