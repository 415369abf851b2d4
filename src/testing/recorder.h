// Remembers what flows through a bus.
#pragma once

#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "omnibus/observer.h"
#include "omnibus/testing.h"

namespace omnibus {

// Thread-safety: any thread, concurrently.
class TestBus::Recorder final : public Observer {
 public:
  void OnPublished(const Observer::Published& event) override;
  void OnHandled(const Observer::Handled& event) override;
  void OnDeadLettered(const Observer::DeadLettered& event) override;

  // Each stays where it is as long as the recorder lives.
  std::vector<const Record*> published(const EventType& type) const;
  std::vector<TestBus::Handled> handled() const;
  std::vector<DeadLetter> dead_letters() const;

 private:
  mutable absl::Mutex mu_;
  std::deque<Record> published_ ABSL_GUARDED_BY(mu_);
  std::vector<TestBus::Handled> handled_ ABSL_GUARDED_BY(mu_);
  std::vector<DeadLetter> dead_letters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus
