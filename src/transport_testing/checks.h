// All checks, by file. A check is a Stage that runs; each file lists its own.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "omnibus/transport_testing.h"
#include "transport_testing/stage.h"

namespace omnibus::transport_testing {

struct Entry {
  Check check;
  std::unique_ptr<Stage> (*make)() = nullptr;
};

template <typename S>
Entry Make(int behaviour, std::string_view name) {
  Entry entry;
  entry.check = {behaviour, name, false};
  entry.make = +[]() -> std::unique_ptr<Stage> { return std::make_unique<S>(); };
  return entry;
}

// One that does something to the broker itself.
template <typename S>
Entry MakeDisruptive(int behaviour, std::string_view name) {
  Entry entry = Make<S>(behaviour, name);
  entry.check.disruptive = true;
  return entry;
}

void AddBasics(std::vector<Entry>& checks);
void AddGroups(std::vector<Entry>& checks);
void AddSettling(std::vector<Entry>& checks);
void AddPublishing(std::vector<Entry>& checks);
void AddLifecycle(std::vector<Entry>& checks);
void AddHandling(std::vector<Entry>& checks);
void AddQuarantine(std::vector<Entry>& checks);
void AddComingBack(std::vector<Entry>& checks);
void AddDrain(std::vector<Entry>& checks);
void AddMembership(std::vector<Entry>& checks);
void AddCapabilities(std::vector<Entry>& checks);
void AddFaults(std::vector<Entry>& checks);

// All of them, by behaviour.
const std::vector<Entry>& AllEntries();

}  // namespace omnibus::transport_testing
