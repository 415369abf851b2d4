// One run of a reference domain: its stories, on a simulated broker.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/simulation/run.h"

namespace omnibus::simulation {

// The bookstore's or the coworking space's demonstration, each service on a bus of its own, under
// faults that take less time than the stories leave: it has to end in the state that it wants, and
// to stay there.
RunResult RunStories(std::uint64_t seed, std::function<void(const std::string&)> print);

}  // namespace omnibus::simulation
