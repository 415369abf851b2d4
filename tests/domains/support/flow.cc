#include "tests/domains/support/flow.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "omnibus/event_type.h"
#include "omnibus/retry_policy.h"

namespace domain_testing {

void Flow::Name(const omnibus::Uuid& correlation_id, const std::string& chain) {
  absl::MutexLock lock(&mu_);
  chains_[correlation_id] = chain;
}

std::string Flow::ChainOf(const omnibus::Metadata& metadata) const {
  const auto chain = chains_.find(metadata.correlation_id);
  return chain == chains_.end() ? "" : chain->second;
}

void Flow::OnPublished(const Published& event) {
  absl::MutexLock lock(&mu_);
  const std::string chain = ChainOf(event.metadata);
  if (chain.empty() || !event.outcome.ok()) return;
  published_.push_back({chain, event.metadata, std::string(event.payload)});
}

void Flow::OnHandled(const Handled& event) {
  absl::MutexLock lock(&mu_);
  const std::string chain = ChainOf(event.metadata);
  if (chain.empty() || omnibus::CanRetry(event.status)) return;
  handled_.push_back({chain + ": " + event.metadata.type + " -> " + std::string(event.module) +
                          " " + absl::StatusCodeToString(event.status.code()),
                      event.metadata});
}

void Flow::OnDeadLettered(const DeadLettered& event) {
  absl::MutexLock lock(&mu_);
  dead_letters_.push_back(std::string(event.domain) + "/" + std::string(event.module) + " " +
                          std::string(event.channel) + " " + std::string(event.reason));
}

std::vector<std::string> Flow::PublishedLines() const {
  absl::MutexLock lock(&mu_);
  std::map<omnibus::Uuid, std::string> types;
  for (const Event& event : published_) types[event.metadata.id] = event.metadata.type;
  std::vector<std::string> lines;
  for (const Event& event : published_) {
    const std::optional<omnibus::Uuid>& cause = event.metadata.causation_id;
    std::string by = "nothing";
    if (cause.has_value()) by = types.contains(*cause) ? types[*cause] : "an unknown event";
    lines.push_back(event.chain + ": " + event.metadata.type + ", by " + by);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> Flow::HandledLines() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::string> lines;
  for (const Handling& handling : handled_) lines.push_back(handling.line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> Flow::DeadLetterLines() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::string> lines = dead_letters_;
  std::sort(lines.begin(), lines.end());
  return lines;
}

bool Flow::WaitFor(std::size_t published, std::size_t handled, std::size_t dead_letters,
                   absl::Duration timeout) const {
  absl::MutexLock lock(&mu_);
  const auto all = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return published_.size() >= published && handled_.size() >= handled &&
           dead_letters_.size() >= dead_letters;
  };
  return mu_.AwaitWithTimeout(absl::Condition(&all), timeout);
}

std::vector<Flow::Event> Flow::events() const {
  absl::MutexLock lock(&mu_);
  return published_;
}

std::vector<std::string> Flow::LostOnTheWire() const {
  absl::MutexLock lock(&mu_);
  std::map<omnibus::Uuid, const omnibus::Metadata*> sent;
  for (const Event& event : published_) sent[event.metadata.id] = &event.metadata;
  std::vector<std::string> lost;
  for (const Handling& handling : handled_) {
    const auto found = sent.find(handling.metadata.id);
    if (found == sent.end()) {
      lost.push_back(handling.line + ": nobody published it");
    } else if (!(*found->second == handling.metadata)) {
      lost.push_back(handling.line + ": its metadata is not what was sent");
    }
  }
  return lost;
}

}  // namespace domain_testing
