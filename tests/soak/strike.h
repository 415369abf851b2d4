// What a soak does to a run: faults of the broker, of the network and of members.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace omnibus::soak {

class Crew;
enum class Transport;

// One fault: begins, is held, and ends; after the end all is whole again.
struct Strike {
  std::string fault;   // "broker killed"
  std::string detail;  // what it strikes, if one of several
  std::function<absl::Status()> begin;
  std::function<absl::Status()> end;
  absl::Duration hold;
  // See Window.
  std::int64_t duplicates_allowed = 0;
  absl::Duration wait_allowed = absl::ZeroDuration();
  // Nobody reaches the broker: when it lasts, a group on Kafka has to be made anew.
  bool parts_all = false;
};

// What may strike; each makes a strike of it, with its details drawn from `random`.
struct StrikeKind {
  std::string fault;
  std::function<Strike(std::mt19937_64& random)> make;
};

// Those of the members; `crew` outlives them.
std::vector<StrikeKind> MemberStrikes(Crew& crew, Transport transport);

// A stretch without any fault: what comes twice here comes twice for nothing.
StrikeKind Calm();

// How long a strike holds: from one to the other, evenly.
absl::Duration HoldBetween(std::mt19937_64& random, absl::Duration from, absl::Duration to);

}  // namespace omnibus::soak
