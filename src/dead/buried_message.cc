#include "dead/buried_message.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bus/dead_letters.h"
#include "omnibus/internal/absl_view.h"

namespace omnibus::dead {
namespace {

// The name space of dead letters' ids: a random one, once.
constexpr Uuid kNameSpace = {{0x5b, 0x1f, 0x0d, 0x3a, 0x6c, 0x42, 0x4e, 0x9b, 0x9d, 0x27, 0x5e,
                              0xd1, 0x0c, 0x8a, 0x74, 0xe6}};

std::string_view Header(const ReceivedMessage& message, std::string_view name) {
  for (const HeaderView& header : message.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

template <typename Number>
std::optional<Number> NumberIn(std::string_view text) {
  Number number = 0;
  if (!absl::SimpleAtoi(AbslView(text), &number)) return std::nullopt;
  return number;
}

std::optional<Timestamp> TimeIn(std::string_view text) {
  const absl::StatusOr<Timestamp> time = ParseTimestamp(text);
  if (!time.ok()) return std::nullopt;
  return *time;
}

// Each part with its length before it, so that no two different messages read the same.
void AddPart(std::string_view part, std::string& all) {
  absl::StrAppend(&all, part.size(), ":", AbslView(part));
}

Uuid IdOf(const DeadQueue& queue, const ReceivedMessage& message) {
  std::string all;
  for (std::string_view part : {std::string_view(queue.name), message.key, message.type, message.id,
                                message.correlation_id, message.body}) {
    AddPart(part, all);
  }
  // In an order of their own: RabbitMQ sorts the headers of what it delivers once more.
  std::vector<HeaderView> headers(message.headers.begin(), message.headers.end());
  std::stable_sort(headers.begin(), headers.end(),
                   [](const HeaderView& a, const HeaderView& b) { return a.name < b.name; });
  for (const HeaderView& header : headers) {
    AddPart(header.name, all);
    AddPart(header.value, all);
  }
  // Where it lies does not count: a queue of AMQP has no places that last.
  return NameUuid(kNameSpace, all);
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsReason(std::string_view asked, const BuriedMessage& message) {
  return absl::EqualsIgnoreCase(AbslView(asked), message.reason) ||
         absl::StrContains(absl::AsciiStrToLower(message.detail),
                           absl::AsciiStrToLower(AbslView(asked)));
}

}  // namespace

bool IsDeathHeader(std::string_view name) {
  // No prefix: an application may have a header `dead_line`.
  constexpr std::array<std::string_view, 13> kNames = {
      "dead_channel",  "dead_module",          "dead_reason",         "dead_detail",
      "dead_attempts", "dead_first_failed_at", "dead_last_failed_at", "dead_partition",
      "dead_offset",   "dead_parks",           "dead_behind",         "dead_release",
      "dead_place"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool IsNote(const BuriedMessage& message) { return message.reason == kReasonReleased; }

bool IsOfParkedKey(const BuriedMessage& message) {
  return message.parks || message.behind.has_value() || IsNote(message);
}

BuriedMessage ReadBuried(const DeadQueue& queue, const ReceivedMessage& message,
                         EventTypeLookup lookup, EnvelopeReader& reader) {
  BuriedMessage buried;
  buried.id = IdOf(queue, message);
  buried.queue = queue.name;
  buried.domain = queue.domain;
  buried.module = queue.module;
  buried.channel = queue.channel;
  buried.dialect = queue.dialect;
  buried.key = message.key;
  buried.body = message.body;
  for (const HeaderView& header : message.headers) {
    if (IsDeathHeader(header.name) || header.name == kReplayedHeader) continue;
    buried.headers.push_back({std::string(header.name), std::string(header.value)});
  }
  buried.reason = Header(message, "dead_reason");
  if (buried.reason == kReasonParked || buried.reason == kReasonReleased) {
    const absl::StatusOr<Uuid> behind = ParseUuid(Header(message, "dead_behind"));
    if (behind.ok()) buried.behind = *behind;
  } else {
    buried.parks = Header(message, "dead_parks") == "true";
  }
  buried.detail = Header(message, "dead_detail");
  buried.attempts = NumberIn<int>(Header(message, "dead_attempts")).value_or(0);
  buried.replayed = NumberIn<int>(Header(message, kReplayedHeader)).value_or(0);
  buried.first_failed_at = TimeIn(Header(message, "dead_first_failed_at"));
  buried.last_failed_at = TimeIn(Header(message, "dead_last_failed_at"));
  buried.partition = NumberIn<std::int64_t>(Header(message, "dead_partition"));
  buried.offset = NumberIn<std::int64_t>(Header(message, "dead_offset"));

  const absl::Status opened = reader.Open(queue.dialect, message, lookup);
  if (opened.ok() || absl::IsNotFound(opened)) buried.type = reader.metadata().type;
  if (opened.ok()) {
    buried.event_id = reader.metadata().id;
  } else if (absl::StatusOr<Uuid> id = ParseUuid(message.id); id.ok()) {
    buried.event_id = *id;
  }
  if (buried.type.empty()) buried.type = message.type;
  if (buried.type.empty()) buried.type = Header(message, "event_type");
  return buried;
}

}  // namespace omnibus::dead

namespace omnibus {

bool DeadLetterFilter::Fits(const BuriedMessage& message) const {
  const auto fits = [](const auto& wanted, const auto& is) {
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), is);
  };
  const auto in_list = [](const std::vector<std::string>& wanted, const std::string& value) {
    return wanted.empty() || dead::Contains(wanted, value);
  };
  if (!fits(modules, [&](const std::string& wanted) {
        return wanted == message.module || wanted == message.domain + "/" + message.module ||
               wanted == message.domain + "." + message.module;
      })) {
    return false;
  }
  if (!in_list(channels, message.channel) || !in_list(types, message.type) ||
      !in_list(keys, message.key)) {
    return false;
  }
  if (!fits(reasons, [&](const std::string& wanted) { return dead::IsReason(wanted, message); }) ||
      !fits(ids, [&](const Uuid& wanted) {
        return wanted == message.id || wanted == message.event_id;
      })) {
    return false;
  }
  if (since.has_value() &&
      !(message.last_failed_at.has_value() && *message.last_failed_at >= *since))
    return false;
  return !before.has_value() ||
         (message.last_failed_at.has_value() && *message.last_failed_at < *before);
}

}  // namespace omnibus
