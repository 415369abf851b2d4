// What became of each tick, from the journals of all processes of one run.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/soak/journal.h"

namespace omnibus::soak {

inline constexpr std::array<const char*, 3> kGroups = {"ledger", "workers", "auditor"};

struct TickFate {
  std::int64_t published = 0;  // when; 0: never
  std::int64_t outcome = 0;    // when; 0: none yet
  int outcomes = 0;
  int code = -1;  // the outcome's; 0 is OK
  int key = 0;
  struct InGroup {
    std::int64_t delivered = 0;  // the first time that a handler began with it; 0: never
    std::int64_t handled = 0;    // the first time that it was handled well; 0: never
  };
  std::array<InGroup, kGroups.size()> groups = {};

  bool confirmed() const { return outcomes > 0 && code == 0; }
};

// One delivery to a group: handled, or known to the inbox already.
struct Arrival {
  std::int64_t at = 0;
  int group = 0;
  int member = 0;  // a number for each process
  int sender = 0;
  std::int64_t number = 0;
  bool again = false;  // the inbox knew it
};

// Thread-safety: one thread.
class Tally {
 public:
  // Follows one more journal; `group` is an index of kGroups, or -1 for a publisher's.
  void Follow(const std::string& path, int group);

  // Takes what was written since the last call.
  absl::Status ReadNew();

  const std::vector<std::deque<TickFate>>& senders() const { return senders_; }
  const std::vector<Arrival>& arrivals() const { return arrivals_; }  // not in order of time
  int processes() const { return static_cast<int>(journals_.size()); }

  // Whether the process of the journal that was followed as the n-th has said that it is ready.
  bool ready(int process) const { return journals_[static_cast<std::size_t>(process)].ready; }

  std::int64_t published() const { return published_; }
  std::int64_t confirmed() const { return confirmed_; }
  std::int64_t without_outcome() const { return published_ - with_outcome_; }
  // Confirmed, and not handled yet.
  std::int64_t behind(int group) const;
  std::int64_t dead_letters() const { return dead_letters_; }
  std::int64_t retried() const { return retried_; }
  // Closes that did not end well, as "journal: status code".
  const std::vector<std::string>& bad_closes() const { return bad_closes_; }

  // Since `Watch(since)`: when the first tick that was published after `since` was confirmed, and
  // delivered to each group. 0: not yet.
  void Watch(std::int64_t since);
  bool flows() const;

 private:
  struct Followed {
    std::string path;
    JournalReader reader;
    int group;
    bool ready = false;
    Followed(const std::string& file, int of) : path(file), reader(file), group(of) {}
  };

  void Take(int process, Followed& journal, const Entry& entry);
  TickFate& FateOf(const Entry& entry);

  std::deque<Followed> journals_;
  std::vector<std::deque<TickFate>> senders_;
  std::vector<Arrival> arrivals_;
  std::int64_t published_ = 0;
  std::int64_t with_outcome_ = 0;
  std::int64_t confirmed_ = 0;
  std::array<std::int64_t, kGroups.size()> handled_ = {};  // of those that are confirmed
  std::int64_t dead_letters_ = 0;
  std::int64_t retried_ = 0;
  std::vector<std::string> bad_closes_;
  std::int64_t since_ = 0;
  bool confirmed_since_ = false;
  std::array<bool, kGroups.size()> delivered_since_ = {};
};

}  // namespace omnibus::soak
