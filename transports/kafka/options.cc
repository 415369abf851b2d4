#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/transports/kafka.h"
#include "transports/kafka/client.h"

namespace omnibus {
namespace {

void ReadBrokers(SettingsReader& reader, const Setting& settings, std::string& brokers) {
  const Setting found = settings.Find("brokers");
  if (found.kind() == Setting::Kind::kList) {
    std::vector<std::string> list;
    reader.Read("brokers", list);
    brokers = absl::StrJoin(list, ",");
  } else {
    reader.Read("brokers", brokers);
  }
  if (found && brokers.empty()) reader.Fail(found, "brokers", "must name at least one host:port");
}

void ReadClient(SettingsReader& reader, std::map<std::string, std::string>& client) {
  const Setting found = reader.Take("client");
  SettingsReader nested(found, reader.Path("client"));
  for (const Setting::Entry& entry : found.entries()) {
    std::string value;
    nested.Read(entry.key, value);
    const absl::Status status = kafka::CheckClientProperty(entry.key, value);
    if (!status.ok()) nested.Fail(entry.value, entry.key, StdView(status.message()));
    client[entry.key] = std::move(value);
  }
  reader.Add(nested.Finish());
}

template <typename T>
void CheckAtLeast(SettingsReader& reader, const Setting& settings, std::string_view key, T value,
                  T least, std::string_view message) {
  if (value < least) reader.Fail(settings.Find(key), key, message);
}

}  // namespace

absl::StatusOr<KafkaOptions> ReadKafkaOptions(const Setting& settings, std::string_view path) {
  KafkaOptions options;
  SettingsReader reader(settings, std::string(path));
  ReadBrokers(reader, settings, options.brokers);
  ReadClient(reader, options.client);
  reader.Read("partitions", options.partitions);
  CheckAtLeast(reader, settings, "partitions", options.partitions, 1, "must be 1 or more");
  reader.Read("replication", options.replication);
  CheckAtLeast(reader, settings, "replication", options.replication, 0,
               "must be 1 or more, or 0 for the broker's default");

  const Setting producer = reader.Take("producer");
  SettingsReader sending(producer, reader.Path("producer"));
  sending.Read("queue_messages", options.queue_messages);
  CheckAtLeast(sending, producer, "queue_messages", options.queue_messages, 1, "must be 1 or more");
  sending.Read("linger", options.linger);
  CheckAtLeast(sending, producer, "linger", options.linger, absl::ZeroDuration(),
               "must not be negative");
  reader.Add(sending.Finish());

  const Setting consumer = reader.Take("consumer");
  SettingsReader receiving(consumer, reader.Path("consumer"));
  receiving.Read("commit_every", options.commit_every);
  CheckAtLeast(receiving, consumer, "commit_every", options.commit_every, 1, "must be 1 or more");
  receiving.Read("commit_after", options.commit_after);
  CheckAtLeast(receiving, consumer, "commit_after", options.commit_after, absl::Milliseconds(1),
               "must be 1ms or more");
  receiving.Read("release_within", options.release_within);
  CheckAtLeast(receiving, consumer, "release_within", options.release_within, absl::ZeroDuration(),
               "must not be negative");
  reader.Add(receiving.Finish());

  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return options;
}

}  // namespace omnibus
