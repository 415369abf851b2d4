// omnibus dead: what each of its commands is asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/environment.h"
#include "omnibus/dead_letters.h"

namespace omnibus::cli {

struct DeadCommand {
  DeadLetterFilter filter;
  // Times that are counted from now; the filter's own are set.
  std::optional<absl::Duration> since_ago;
  std::optional<absl::Duration> before_ago;
  std::vector<std::string> configuration;
  absl::Duration timeout = absl::Seconds(30);
  bool json = false;

  // replay and purge
  bool all = false;  // no filter is no mistake
  bool dry_run = false;
  std::optional<double> rate;
  std::optional<std::string> edit;  // replay: a file, or -

  // list
  std::optional<int> count;

  // show
  bool body = false;  // the body's bytes alone
};

int ListDead(const DeadCommand& command, Environment& environment);
int ShowDead(const DeadCommand& command, Environment& environment);
int ReplayDead(const DeadCommand& command, Environment& environment);
int PurgeDead(const DeadCommand& command, Environment& environment);

}  // namespace omnibus::cli
