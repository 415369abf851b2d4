#include "cli/names.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::cli {
namespace {

absl::Status Unknown(std::string_view what, std::string_view name,
                     const std::vector<std::string>& known) {
  return absl::NotFoundError(
      absl::StrCat("there is no ", AbslView(what), " ", Quoted(name), Suggestion(name, known)));
}

std::string FullName(const Domain& domain, const ModuleFactory& factory) {
  return std::string(domain.name->name) + "/" + std::string(factory.name);
}

}  // namespace

absl::StatusOr<NamedModule> FindModule(const std::vector<Domain>& domains, std::string_view name) {
  std::vector<NamedModule> found;
  std::vector<std::string> names, found_names;
  for (const Domain& domain : domains) {
    for (const ModuleFactory& factory : domain.modules) {
      const std::string full = FullName(domain, factory);
      names.push_back(full);
      names.emplace_back(factory.name);
      if (name != full && name != factory.name) continue;
      found.push_back({&domain, &factory});
      found_names.push_back(full);
    }
  }
  if (found.size() == 1) return found[0];
  if (found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(name), " is ambiguous: write ", absl::StrJoin(found_names, " or ")));
  }
  // Short names that are not ambiguous are enough to list.
  std::vector<std::string> known;
  for (const std::string& each : names) {
    if (std::count(names.begin(), names.end(), each) == 1) known.push_back(each);
  }
  if (name.find('/') == std::string_view::npos) {
    std::erase_if(known, [&](const std::string& each) {
      const std::size_t slash = each.find('/');
      return slash != std::string::npos &&
             std::find(known.begin(), known.end(), each.substr(slash + 1)) != known.end();
    });
  }
  return Unknown("module", name, known);
}

absl::StatusOr<const EventType*> FindEvent(const std::vector<Domain>& domains,
                                           std::string_view type) {
  std::vector<std::string> known;
  for (const EventType* event : AllEvents(domains)) {
    if (event->contract->type == type) return event;
    known.emplace_back(event->contract->type);
  }
  return Unknown("event type", type, known);
}

absl::StatusOr<const Domain*> FindChannel(const std::vector<Domain>& domains,
                                          std::string_view channel) {
  for (const Domain& domain : domains) {
    for (const EventType* event : domain.events) {
      if (event->contract->channel == channel) return &domain;
    }
  }
  std::vector<std::string> known;
  for (std::string_view each : AllChannels(domains)) known.emplace_back(each);
  return Unknown("channel", channel, known);
}

std::vector<const EventType*> AllEvents(const std::vector<Domain>& domains) {
  std::vector<const EventType*> events;
  for (const Domain& domain : domains) {
    events.insert(events.end(), domain.events.begin(), domain.events.end());
  }
  return events;
}

std::vector<std::string_view> AllChannels(const std::vector<Domain>& domains) {
  std::vector<std::string_view> channels;
  for (const EventType* event : AllEvents(domains)) {
    const std::string_view channel = event->contract->channel;
    if (std::find(channels.begin(), channels.end(), channel) == channels.end()) {
      channels.push_back(channel);
    }
  }
  return channels;
}

}  // namespace omnibus::cli
