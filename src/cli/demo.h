// demo: the linked domains' stories, end to end.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/environment.h"

namespace omnibus::cli {

struct DemoCommand {
  std::string
      transport;  // an entry's name, or a kind; empty: as the configuration says, else memory
  std::vector<std::string> configuration;
  absl::Duration timeout = absl::Seconds(30);  // for reaching the brokers
  bool json = false;
};

int Demo(const DemoCommand& command, Environment& environment);

}  // namespace omnibus::cli
