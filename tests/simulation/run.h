// One run: everything that happens from one seed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/oracle.h"

namespace omnibus::simulation {

struct RunResult {
  std::vector<Finding> findings;
  std::size_t messages = 0;  // received by members
  std::size_t faults = 0;
};

// `print` gets each step; null: nobody looks.
RunResult Run(std::uint64_t seed, std::function<void(const std::string&)> print);

}  // namespace omnibus::simulation
