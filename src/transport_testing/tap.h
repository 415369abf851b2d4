// A transport in a namespace of its own, whose every publish, confirm, delivery, settle and commit
// is written down: what a check of the whole bus puts between the bus and the transport.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "omnibus/transport.h"
#include "transport_testing/history.h"

namespace omnibus::transport_testing {

// All that went over the taps that share it, in its order.
//
// Thread-safety: any thread, concurrently.
class Tape {
 public:
  struct Event {
    enum class Kind { kSent, kOutcome, kDelivered, kSettled, kAssigned, kRevoked, kLost };
    Kind kind = Kind::kSent;
    std::string channel;  // without the namespace
    std::string id;       // the history's
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    absl::Status outcome;         // kOutcome
    std::int64_t partition = -1;  // kDelivered
    std::int64_t offset = -1;
    bool dropped = false;  // kSettled
  };

  explicit Tape(std::shared_ptr<History> history) : history_(std::move(history)) {}

  void Note(Event event);
  std::vector<Event> events() const;
  std::size_t Count(Event::Kind kind) const;

  History& history() { return *history_; }
  std::string NextId() { return "w" + std::to_string(++last_id_); }
  std::string NextMember(std::string_view group) {
    return std::string(group) + "#" + std::to_string(++last_member_);
  }

  // While it is set, nothing is accepted by a queue: a dead letter is not confirmed.
  std::atomic<bool> refuse_queues = false;

 private:
  const std::shared_ptr<History> history_;
  std::atomic<int> last_id_ = 0;
  std::atomic<int> last_member_ = 0;
  mutable absl::Mutex mu_;
  std::vector<Event> events_ ABSL_GUARDED_BY(mu_);
};

// `space` goes before the names of channels, queues and domains. A message without a publish by a
// tap has the id "". A QueueGauge's is one, too.
std::unique_ptr<Transport> MakeTap(std::unique_ptr<Transport> inner, std::string space,
                                   std::shared_ptr<Tape> tape);

}  // namespace omnibus::transport_testing
