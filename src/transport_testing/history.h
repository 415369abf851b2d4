// All that happened in one test, and what is wrong with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace omnibus::transport_testing {

// What a checker found; each entry names the message, for people.
struct Report {
  std::vector<std::string> lost;        // confirmed, and never delivered to a group that was due it
  std::vector<std::string> duplicated;  // delivered again to the same group
  std::vector<std::string> repeated_after_settle;  // of these, those that were settled before
  std::vector<std::string> repeated_after_told;    // and the broker had been told so
  std::vector<std::string> reordered;              // within a key
  std::vector<std::string> settled_without_right;  // accepted, though somebody else had it by then
  std::vector<std::string> phantoms;               // delivered, and never published there
  std::vector<std::string> without_outcome;        // sent, and no completion; or more than one

  bool clean() const;
};
std::ostream& operator<<(std::ostream& out, const Report& report);

// Thread-safety: any thread, concurrently. Calls are in the order in which they take the lock, so a
// publish is recorded before it is sent, a delivery after it came, a settle after it was answered.
class History {
 public:
  // `group` shall get all that is published to `channel` from now on.
  void Expect(std::string_view group, std::string_view channel);

  // `sender` sends one after the other: what it sends under one key is in that order.
  void Published(std::string_view channel, std::string_view id, std::string_view key,
                 std::string_view sender);
  void Outcome(std::string_view id, const absl::Status& outcome);
  // The send itself was refused: there is no outcome.
  void Refused(std::string_view id);

  // `member` is one consumer of the group; another name for each that is opened.
  void Delivered(std::string_view group, std::string_view member, std::string_view channel,
                 std::string_view id);
  // `accepted`: the transport did not count it as dropped.
  void Settled(std::string_view group, std::string_view member, std::string_view id, bool accepted);

  // The broker knows of all that this member has settled: it has left, or has let go what it was
  // asked for.
  void Told(std::string_view group, std::string_view member);

  Report Check() const;

  std::size_t deliveries(std::string_view group) const;
  // Of one channel: what was sent and not refused, what of it was confirmed, and how many different
  // ones came, to whomever.
  std::size_t published(std::string_view channel) const;
  std::size_t confirmed(std::string_view channel) const;
  std::size_t delivered(std::string_view channel) const;

 private:
  struct Publish {
    std::string channel;
    std::string id;
    std::string key;
    std::string sender;
    std::set<std::string> due;  // the groups
    bool refused = false;
    std::vector<absl::Status> outcomes;
  };

  // Something that a group's member saw or did.
  struct Event {
    enum class Kind { kDelivered, kSettled, kTold } kind = Kind::kDelivered;
    std::string group;
    std::string member;
    std::string channel;
    std::string id;
    bool accepted = false;
  };

  void CheckPublishes(Report& report) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CheckEvents(Report& report) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CheckOrder(Report& report) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  std::vector<Publish> publishes_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::size_t, std::less<>> by_id_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::set<std::string>, std::less<>> groups_ ABSL_GUARDED_BY(mu_);
  std::vector<Event> events_ ABSL_GUARDED_BY(mu_);
};

}  // namespace omnibus::transport_testing
