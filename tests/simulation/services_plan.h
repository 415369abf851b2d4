// Who runs what, and how it is configured: drawn from the seed.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/dice.h"

namespace omnibus::simulation {

struct ServicesPlan {
  bool queues = false;                              // the queue broker's, else the log broker's
  std::vector<std::vector<std::string>> processes;  // the modules of each
  bool shared = false;                              // some group has several members
  bool ordered = true;                              // `ordered` of the modules
  bool parks = false;                               // `after_dead_letter: park`
  std::string configuration;
};

ServicesPlan DrawServices(Dice& dice);

}  // namespace omnibus::simulation
