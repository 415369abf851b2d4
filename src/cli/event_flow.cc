#include "cli/event_flow.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/event_line.h"
#include "cli/json_line.h"
#include "cli/names.h"
#include "cli/tables.h"
#include "omnibus/internal/absl_view.h"
#include "omnibus/timestamp.h"

namespace omnibus::cli {
namespace {

constexpr char kCyan[] = "\033[36m";

// The start of a text, when all of it is too long for a line.
std::string Shortened(std::string_view text) {
  constexpr std::size_t kMost = 100;
  if (text.size() <= kMost) return std::string(text);
  std::size_t size = kMost;
  // Not in the middle of a character.
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "...";
}

}  // namespace

EventFlow::EventFlow(const std::vector<Domain>& domains, bool json, LinePrinter& printer)
    : json_(json), coloured_(OutputIsColoured()), printer_(printer) {
  for (const EventType* event : AllEvents(domains)) {
    channel_width_ = std::max(channel_width_, event->contract->channel.size());
    type_width_ = std::max(type_width_, event->contract->type.size());
  }
}

void EventFlow::OnPublished(const Published& event) {
  const Effect effect(event.metadata.type, event.metadata.idempotency_key);
  absl::MutexLock lock(&mu_);
  if (!event.outcome.ok()) {
    if (!published_.contains(effect)) failures_[effect] = event.outcome;
    return;
  }
  failures_.erase(effect);
  const Uuid& id = event.metadata.id;
  if (!published_.insert(effect).second) {
    Show(id, "");  // its own effects name this one as their cause
    return;
  }
  std::string line = json_ ? AsJson(event) : AsText(event);
  const std::optional<Uuid>& cause = event.metadata.causation_id;
  if (cause.has_value() && !shown_.contains(*cause)) {
    waiting_[*cause].push_back({id, std::move(line)});
  } else {
    Show(id, std::move(line));
  }
}

void EventFlow::Show(const Uuid& id, std::string line) {
  std::vector<Line> next = {{id, std::move(line)}};
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (!next[i].text.empty()) printer_.Print(std::move(next[i].text));
    const Uuid shown = next[i].id;
    shown_.insert(shown);
    if (auto waiting = waiting_.extract(shown); !waiting.empty()) {
      std::move(waiting.mapped().begin(), waiting.mapped().end(), std::back_inserter(next));
    }
  }
}

void EventFlow::Finish() {
  absl::MutexLock lock(&mu_);
  while (!waiting_.empty()) Show(waiting_.begin()->first, "");
}

void EventFlow::OnDeadLettered(const DeadLettered& event) {
  if (json_) return;
  const std::string what = absl::StrCat(
      "dead letter of ", AbslView(event.domain), "/", AbslView(event.module), " from ",
      AbslView(event.channel), " after ", event.attempts, event.attempts == 1 ? " try" : " tries",
      ": ", AbslView(event.reason), ": ", Printable(event.detail));
  printer_.Print(In(kRed, what));
}

std::string EventFlow::Failures() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::string> lines;
  for (const auto& [effect, status] : failures_) {
    lines.push_back(absl::StrCat(effect.first, " was not published: ", status.message()));
  }
  return absl::StrJoin(lines, "\n");
}

std::string EventFlow::AsJson(const Published& event) const {
  const Contract& contract = *event.type.contract;
  const std::vector<std::string> consumers(contract.consumers.begin(), contract.consumers.end());
  return EventObject(contract.channel, event.metadata, event.payload)
      .Text("publisher", contract.publisher)
      .Raw("consumers", JsonList(consumers))
      .Done();
}

std::string EventFlow::AsText(const Published& event) const {
  const Contract& contract = *event.type.contract;
  const std::string time =
      absl::FormatTime("%H:%M:%E3SZ", ToTime(event.metadata.occurred_at), absl::UTCTimeZone());
  std::vector<std::string> consumers(contract.consumers.begin(), contract.consumers.end());
  if (consumers.empty()) consumers.emplace_back("nobody");
  return absl::StrCat(In(kDim, time), "  ", Padded(contract.channel, channel_width_), "  ",
                      In(kBold, Padded(contract.type, type_width_)), "  ",
                      Printable(event.metadata.key), "  ", In(kCyan, contract.publisher), " -> ",
                      In(kCyan, absl::StrJoin(consumers, ", ")), "  ",
                      Printable(Shortened(event.payload)));
}

std::string EventFlow::In(const char* colour, std::string_view text) const {
  return coloured_ ? absl::StrCat(colour, AbslView(text), kPlain) : std::string(text);
}

}  // namespace omnibus::cli
