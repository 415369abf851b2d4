// The processes of a soak that use the bus: one that publishes, and members of the groups.
#pragma once

#include <string>

namespace omnibus::soak {

// How many keys each sender has.
inline constexpr int kKeys = 48;

struct RoleOptions {
  std::string config;   // a file
  std::string journal;  // a file
};

struct PublisherOptions {
  RoleOptions role;
  int senders = 2;   // threads, each with keys of its own
  int rate = 200;    // ticks a second, of all senders together
  std::string seed;  // of the order of keys
};

struct MemberOptions {
  RoleOptions role;
  std::string module;  // ledger, workers or auditor
};

// Each runs until SIGTERM, then closes its bus. The exit code.
int RunPublisher(const PublisherOptions& options);
int RunMember(const MemberOptions& options);

}  // namespace omnibus::soak
