// What a fuzz target says when a rule is broken: unlike assert(), in every build.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"

namespace omnibus::fuzz {

inline void Check(bool holds, const std::string& rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule.c_str());
  std::abort();
}

inline void CheckOk(const absl::Status& status, const std::string& rule) {
  Check(status.ok(), rule + ": " + status.ToString());
}

}  // namespace omnibus::fuzz
