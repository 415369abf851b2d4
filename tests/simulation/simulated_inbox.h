// An inbox that outlives its process, as one in a database does.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "omnibus/inbox.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace omnibus::simulation {

// Of all groups. Thread-safety: see World.
class InboxTable {
 public:
  struct Entry {
    const Process* runs = nullptr;  // null: taken
  };
  std::map<Uuid, Entry>& of(const std::string& group) { return groups_[group]; }

 private:
  std::map<std::string, std::map<Uuid, Entry>> groups_;
};

InboxFactory MakeInboxFactory(InboxTable& table, Process& process);

}  // namespace omnibus::simulation
