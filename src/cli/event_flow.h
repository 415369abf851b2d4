// Shows the events that flow through a bus, a line each.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "cli/line_printer.h"
#include "omnibus/domain.h"
#include "omnibus/observer.h"
#include "omnibus/uuid.h"

namespace omnibus::cli {

// An event is shown once, when its broker has taken it: neither tries that failed, nor what a
// handler that had to run again publishes again. It is shown after the event that caused it, whose
// confirmation may well come later than the effect's.
//
// Thread-safety: any thread, concurrently.
class EventFlow final : public Observer {
 public:
  // `printer` outlives this.
  EventFlow(const std::vector<Domain>& domains, bool json, LinePrinter& printer);

  void OnPublished(const Published& event) override;
  // For people only: it is none of the events.
  void OnDeadLettered(const DeadLettered& event) override;

  // Shows those too whose cause was never seen.
  void Finish();

  // What was never published, a line each; empty: all was.
  std::string Failures() const;

 private:
  void Show(const Uuid& id, std::string line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string AsJson(const Published& event) const;
  std::string AsText(const Published& event) const;
  std::string In(const char* colour, std::string_view text) const;

  const bool json_;
  const bool coloured_;
  std::size_t channel_width_ = 0;
  std::size_t type_width_ = 0;
  LinePrinter& printer_;
  mutable absl::Mutex mu_;
  struct Line {
    Uuid id;
    std::string text;
  };
  using Effect = std::pair<std::string, Uuid>;  // the type, and the idempotency key
  std::set<Effect> published_ ABSL_GUARDED_BY(mu_);
  std::set<Uuid> shown_ ABSL_GUARDED_BY(mu_);
  std::map<Uuid, std::vector<Line>> waiting_ ABSL_GUARDED_BY(mu_);  // by their cause
  std::map<Effect, absl::Status> failures_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::cli
