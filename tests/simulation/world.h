// What all parts of one run share.
//
// Thread-safety of everything in this folder: it lives in one SimulatedRuntime, where exactly one
// thread runs at a time, and a turn ends only where that thread waits. So nothing here needs a
// lock; and nothing waits in the middle of a change.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "omnibus/simulated_runtime.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/process.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/weather.h"

namespace omnibus::simulation {

class Link;
enum class LinkPurpose { kConsume, kPublish };

struct World {
  World(SimulatedRuntime& simulated, std::uint64_t seed,
        std::function<void(const std::string&)> print);
  ~World();

  // Both live as long as the world.
  Link& NewLink(Process& process, std::string name, LinkPurpose purpose);
  Process& NewProcess(std::string name);

  // Lets connections be cut, from now on, until the weather clears.
  void StartFaults();
  void ClearUp();

  SimulatedRuntime& runtime;
  Dice dice;
  Trace trace;
  Weather weather;
  std::size_t faults = 0;  // that have happened so far
  std::size_t kills = 0;
  bool cleared_up = false;  // what was published shall come to its end now
  std::deque<std::unique_ptr<Link>> links;
  std::deque<std::unique_ptr<Process>> processes;
  EventLoop loop;  // ends first: its events know all the rest

 private:
  void CutSoon();
  // Null where none is open.
  Link* DrawLink();
};

}  // namespace omnibus::simulation
