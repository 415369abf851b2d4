#include "config/bus_configuration.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_join.h"
#include "config/nearest.h"
#include "config/secrets.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus {
namespace {

template <typename E>
struct Word {
  const char* word;
  E value;
};

// One of a few words.
template <typename E>
void ReadWord(SettingsReader& reader, std::string_view key, std::initializer_list<Word<E>> words,
              E& value) {
  const Setting found = reader.Take(key);
  if (!found) return;
  std::vector<std::string> known;
  for (const Word<E>& each : words) {
    if (found.kind() == Setting::Kind::kScalar && found.text() == each.word) {
      value = each.value;
      return;
    }
    known.emplace_back(each.word);
  }
  reader.Fail(
      found, key,
      "expected one of " + absl::StrJoin(known, ", ") +
          (found.kind() == Setting::Kind::kScalar ? ", found " + Quoted(found.text()) : ""));
}

void ReadDialect(SettingsReader& reader, std::optional<Dialect>& dialect) {
  Dialect read = dialect.value_or(Dialect::kCamel);
  const Setting found = reader.Take("envelope");
  if (!found) return;
  ReadWord<Dialect>(reader, "envelope", {{"camel", Dialect::kCamel}, {"snake", Dialect::kSnake}},
                    read);
  dialect = read;
}

// A number that has a least value.
template <typename T>
void ReadAtLeast(SettingsReader& reader, std::string_view key, T least, T& value) {
  T read = std::max(value, least);
  reader.Read(key, read);
  if (read < least) {
    return reader.Fail(reader.Take(key), key, "must be " + std::to_string(least) + " or more");
  }
  if (reader.Take(key)) value = read;
}

void ReadPositive(SettingsReader& reader, std::string_view key, absl::Duration& value) {
  reader.Read(key, value);
  if (value <= absl::ZeroDuration()) reader.Fail(reader.Take(key), key, "must be more than 0");
}

// `transport` has to be declared.
void CheckTransport(SettingsReader& reader, const BusConfiguration& configuration,
                    const std::string& name) {
  if (configuration.transports.contains(name)) return;
  std::vector<std::string> known;
  for (const auto& [each, unused] : configuration.transports) known.push_back(each);
  reader.Fail(reader.Take("transport"), "transport",
              Quoted(name) + " is not declared under transports" + Suggestion(name, known));
}

// The entries of a mapping whose keys are names that the user chose.
template <typename Visitor>
void ForEachEntry(SettingsReader& reader, std::string_view key, Visitor&& visit) {
  const Setting map = reader.Take(key);
  if (map && map.kind() != Setting::Kind::kMap) {
    return reader.Fail(map, key, "expected a mapping (name: value)");
  }
  for (const Setting::Entry& entry : map.entries()) visit(entry);
}

absl::Status ReadTransport(const Setting::Entry& entry, TransportConfiguration& transport) {
  SettingsReader reader(entry.value, "transports." + entry.key);
  transport.kind = entry.key;
  reader.Read("kind", transport.kind);
  std::vector<Setting::Entry> options;
  for (const Setting::Entry& each : entry.value.entries()) {
    reader.Take(each.key);  // known to the plug-in or not: it will say
    if (each.key != "kind") options.push_back(each);
  }
  Setting::Place place = entry.key_place;
  transport.options = Setting::MakeMap(std::move(options), std::move(place));
  return reader.Finish();
}

absl::Status ReadBus(const Setting& setting, BusConfiguration& configuration) {
  SettingsReader reader(setting, "bus");
  reader.Read("transport", configuration.transport);
  CheckTransport(reader, configuration, configuration.transport);
  ReadDialect(reader, configuration.envelope);
  ReadWord<DeclareScope>(
      reader, "declare",
      {{"all", DeclareScope::kAll}, {"own", DeclareScope::kOwn}, {"never", DeclareScope::kNever}},
      configuration.declare);
  reader.Read("drain", configuration.drain);
  ReadPositive(reader, "publish_timeout", configuration.publish_timeout);
  return reader.Finish();
}

absl::Status ReadChannel(const Setting::Entry& entry, const BusConfiguration& configuration,
                         ChannelConfiguration& channel) {
  SettingsReader reader(entry.value, "channels." + entry.key);
  std::string transport;
  reader.Read("transport", transport);
  if (!transport.empty()) {
    CheckTransport(reader, configuration, transport);
    channel.transport = transport;
  }
  ReadDialect(reader, channel.envelope);
  ReadAtLeast(reader, "partitions", 1, channel.partitions);
  ReadAtLeast(reader, "replication", 1, channel.replication);
  return reader.Finish();
}

absl::Status ReadRetry(const Setting& setting, const std::string& path, RetryPolicy& retry) {
  SettingsReader reader(setting, path);
  ReadAtLeast(reader, "attempts", 1, retry.attempts);
  ReadPositive(reader, "first_delay", retry.first_delay);
  reader.Read("factor", retry.factor);
  if (retry.factor < 1) reader.Fail(reader.Take("factor"), "factor", "must be 1 or more");
  ReadPositive(reader, "max_delay", retry.max_delay);
  if (reader.Take("max_delay") && retry.max_delay < retry.first_delay) {
    reader.Fail(reader.Take("max_delay"), "max_delay", "must not be less than first_delay");
  }
  reader.Read("jitter", retry.jitter);
  if (retry.jitter < 0 || retry.jitter > 1) {
    reader.Fail(reader.Take("jitter"), "jitter", "must be from 0 to 1");
  }
  reader.Read("in_place", retry.in_place);
  ReadAtLeast(reader, "limit", std::size_t{1}, retry.limit);
  // Only the first delay is given, and it is longer than the longest one's default.
  retry.max_delay = std::max(retry.max_delay, retry.first_delay);
  return reader.Finish();
}

absl::Status ReadModule(const Setting::Entry& entry, ModuleConfiguration& module) {
  SettingsReader reader(entry.value, "modules." + entry.key);
  ReadAtLeast(reader, "concurrency", 1, module.concurrency);
  if (module.concurrency > 1024) {
    reader.Fail(reader.Take("concurrency"), "concurrency",
                "must be 1024 or less: each is a thread");
  }
  ReadWord<StartFrom>(reader, "start_from",
                      {{"earliest", StartFrom::kEarliest},
                       {"latest", StartFrom::kLatest},
                       {"error", StartFrom::kError}},
                      module.start_from);
  reader.Read("ordered", module.ordered);
  ReadWord<AfterDeadLetter>(
      reader, "after_dead_letter",
      {{"continue", AfterDeadLetter::kContinue}, {"park", AfterDeadLetter::kPark}},
      module.after_dead_letter);
  reader.Add(ReadRetry(reader.Take("retry"), reader.Path("retry"), module.retry));
  ReadAtLeast(reader, "in_flight", std::size_t{1}, module.in_flight);
  module.settings = reader.Take("settings");
  if (module.settings && module.settings.kind() != Setting::Kind::kMap) {
    reader.Fail(module.settings, "settings", "expected a mapping (name: value)");
  }
  return reader.Finish();
}

// A name of another program's is no name to pass over: it may as well be one of ours, misspelt.
constexpr char kElsewhere[] =
    " (what belongs to another program goes into a file of its own, laid over the common one by a "
    "second --config)";

std::string At(const Setting::Place& place) {
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace

const ModuleConfiguration& BusConfiguration::Module(std::string_view domain,
                                                    std::string_view module) const {
  static const ModuleConfiguration kDefaults;
  auto found = modules.find(std::string(domain) + "/" + std::string(module));
  if (found == modules.end()) found = modules.find(std::string(module));
  return found == modules.end() ? kDefaults : found->second;
}

const ChannelConfiguration& BusConfiguration::Channel(std::string_view channel) const {
  static const ChannelConfiguration kDefaults;
  const auto found = channels.find(std::string(channel));
  return found == channels.end() ? kDefaults : found->second;
}

absl::StatusOr<BusConfiguration> ReadBusConfiguration(const Setting& root) {
  BusConfiguration configuration;
  SettingsReader reader(root, "");
  configuration.transports[std::string(kMemoryTransport)].kind = kMemoryTransport;
  ForEachEntry(reader, "transports", [&](const Setting::Entry& entry) {
    reader.Add(ReadTransport(entry, configuration.transports[entry.key]));
  });
  reader.Add(ReadBus(reader.Take("bus"), configuration));
  ForEachEntry(reader, "channels", [&](const Setting::Entry& entry) {
    configuration.channel_places[entry.key] = entry.key_place;
    reader.Add(ReadChannel(entry, configuration, configuration.channels[entry.key]));
  });
  ForEachEntry(reader, "modules", [&](const Setting::Entry& entry) {
    configuration.module_places[entry.key] = entry.key_place;
    reader.Add(ReadModule(entry, configuration.modules[entry.key]));
  });
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return configuration;
}

absl::Status CheckNames(const BusConfiguration& configuration, std::span<const ModuleName> modules,
                        std::span<const std::string_view> channels) {
  std::vector<std::string> errors;
  std::map<std::string, std::vector<std::string>> by_short_name;
  std::vector<std::string> module_names;
  for (const ModuleName& each : modules) {
    std::string full = std::string(each.domain) + "/" + std::string(each.module);
    by_short_name[std::string(each.module)].push_back(full);
    module_names.push_back(std::move(full));
  }
  const std::vector<std::string> full_names = module_names;
  for (const auto& [name, owners] : by_short_name) module_names.push_back(name);

  for (const auto& [name, place] : configuration.module_places) {
    const auto found = by_short_name.find(name);
    if (found != by_short_name.end() && found->second.size() > 1) {
      errors.push_back(At(place) + ": modules: " + Quoted(name) + " is ambiguous: write " +
                       absl::StrJoin(found->second, " or "));
    } else if (std::find(module_names.begin(), module_names.end(), name) == module_names.end()) {
      const std::optional<std::string> nearest = NearestName(name, module_names);
      errors.push_back(At(place) + ": modules: there is no module " + Quoted(name) +
                       (nearest.has_value()
                            ? "; did you mean \"" + *nearest + "\"?"
                            : "; known here: " + absl::StrJoin(full_names, ", ") + kElsewhere));
    }
  }
  const std::vector<std::string> channel_names(channels.begin(), channels.end());
  for (const auto& [name, place] : configuration.channel_places) {
    if (std::find(channel_names.begin(), channel_names.end(), name) != channel_names.end())
      continue;
    errors.push_back(At(place) + ": channels: there is no channel " + Quoted(name) +
                     Suggestion(name, channel_names) +
                     (NearestName(name, channel_names).has_value() ? "" : kElsewhere));
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace omnibus
