// demo: the linked domains' stories, end to end.
#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"

namespace omnibus::cli {

struct DemoCommand {
  std::string
      transport;  // an entry's name, or a kind; empty: as the configuration says, else memory
  std::vector<std::string> configuration;
  bool json = false;
};

int Demo(const DemoCommand& command, Environment& environment);

}  // namespace omnibus::cli
