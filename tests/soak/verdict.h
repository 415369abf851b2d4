// What a run of a soak came to: for each fault, and altogether.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/soak/tally.h"

namespace omnibus::soak {

// From the beginning of a fault until the next one begins.
struct Window {
  std::string fault;
  std::string detail;       // who or what was struck
  std::int64_t begin = 0;   // all in SteadyNanoseconds()
  std::int64_t healed = 0;  // the broker serves again, the link is whole, the member is back
  std::int64_t end = 0;
  // How many messages may come twice because of it, at most; see docs/soak.md.
  std::int64_t duplicates_allowed = 0;
  // How long the first handling of a tick may take. 0: no bound.
  std::int64_t wait_allowed = 0;
  // How much longer than else the first delivery may take.
  std::int64_t regrouping_allowed = 0;
};

struct Figures {
  std::int64_t published = 0;
  std::int64_t confirmed = 0;
  std::int64_t failed = 0;       // refused, unroutable or unknown: the publisher was told
  std::int64_t lost = 0;         // confirmed, and not handled by some group; each group counts
  std::int64_t duplicated = 0;   // came once more to a group; each time counts
  std::int64_t taken_twice = 0;  // of these, those that a handler saw: its inbox did not know them
  std::int64_t reordered = 0;
  // Nanoseconds; -1: never.
  std::int64_t confirm_recovery = -1;   // from healed: until a tick was confirmed,
  std::int64_t delivery_recovery = -1;  // until each group was delivered one that was new to it,
  std::int64_t caught_up = -1;          // until one that was published later had come everywhere
  std::int64_t longest_wait = 0;        // of a tick, from its publish to its first handling
};

struct Verdict {
  std::vector<Figures> windows;  // one for each
  Figures total;
  std::vector<std::string> broken;  // bounds, for people; empty: all were kept
};

struct VerdictOptions {
  // Whether each group gets a key's ticks in order.
  std::array<bool, kGroups.size()> ordered = {};
  std::int64_t recovery_allowed = 5'000'000'000;
  double patience = 1;  // all bounds on time are so much wider
};

// `windows` are ascending and without gaps.
Verdict Judge(const Tally& tally, const std::vector<Window>& windows,
              const VerdictOptions& options);

}  // namespace omnibus::soak
