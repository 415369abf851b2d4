#include "cli/transport_choice.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/nearest.h"

namespace omnibus::cli {
namespace {

absl::StatusOr<std::string> TransportNamed(const std::string& name,
                                           const BusConfiguration& configuration) {
  if (configuration.transports.contains(name)) return name;
  std::vector<std::string> names, of_kind;
  for (const auto& [entry, transport] : configuration.transports) {
    names.push_back(entry);
    if (transport.kind == name) of_kind.push_back(entry);
  }
  if (of_kind.size() == 1) return of_kind[0];
  if (of_kind.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--transport ", name, ": there are several: ", absl::StrJoin(of_kind, ", ")));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--transport ", name, ": the configuration has no such transport",
                   Suggestion(name, names), "; give it an entry under transports, with --config"));
}

}  // namespace

Setting Replaced(const Setting& map, const std::string& key, Setting value,
                 const Setting::Place& place) {
  std::vector<Setting::Entry> entries;
  for (const Setting::Entry& entry : map.entries()) {
    if (entry.key != key) entries.push_back(entry);
  }
  entries.push_back({key, place, std::move(value)});
  return Setting::MakeMap(std::move(entries), place);
}

absl::StatusOr<Setting> WithTransport(const LoadedConfiguration& configuration,
                                      const std::string& transport) {
  absl::StatusOr<std::string> entry = TransportNamed(transport, configuration.bus);
  if (!entry.ok()) return entry.status();
  const Setting::Place place = {.file = "--transport", .line = 0, .column = 0};
  return Replaced(configuration.root, "bus",
                  Replaced(configuration.root.Find("bus"), "transport",
                           Setting::MakeScalar(*entry, place), place),
                  place);
}

}  // namespace omnibus::cli
