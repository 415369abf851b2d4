#include "testing/recorder.h"

#include <string>

namespace omnibus {

void TestBus::Recorder::OnPublished(const Observer::Published& event) {
  if (!event.outcome.ok()) return;
  absl::MutexLock lock(&mu_);
  published_.push_back({event.metadata, &event.type, std::string(event.payload)});
}

void TestBus::Recorder::OnHandled(const Observer::Handled& event) {
  absl::MutexLock lock(&mu_);
  handled_.push_back({std::string(event.domain), std::string(event.module), event.metadata,
                      event.attempt, event.status});
}

void TestBus::Recorder::OnDeadLettered(const Observer::DeadLettered& event) {
  absl::MutexLock lock(&mu_);
  dead_letters_.push_back({std::string(event.domain), std::string(event.module),
                           std::string(event.channel), std::string(event.reason),
                           std::string(event.detail), event.attempts});
}

std::vector<const TestBus::Record*> TestBus::Recorder::published(const EventType& type) const {
  absl::MutexLock lock(&mu_);
  std::vector<const Record*> found;
  for (const Record& record : published_) {
    if (record.type->contract == type.contract) found.push_back(&record);
  }
  return found;
}

std::vector<TestBus::Handled> TestBus::Recorder::handled() const {
  absl::MutexLock lock(&mu_);
  return handled_;
}

std::vector<TestBus::DeadLetter> TestBus::Recorder::dead_letters() const {
  absl::MutexLock lock(&mu_);
  return dead_letters_;
}

}  // namespace omnibus
