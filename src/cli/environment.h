// What every command gets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/output.h"
#include "omnibus/domain.h"
#include "omnibus/runtime.h"

namespace spdlog {
class logger;
}

namespace omnibus::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,  // also: data that breaks its contract
  kWrong = 2,   // usage or configuration; also: a name that nobody declared
};

struct Environment {
  std::vector<Domain> domains;
  Runtime& runtime;
  std::shared_ptr<spdlog::logger> log;
  Output out;
};

// Says on standard error what is wrong, each line with the program's name, and returns `code`.
int Complain(std::string_view message, int code);
int Complain(const absl::Status& status, int code);

// The exit code for an error of Bus::Open() and of transports: what was configured wrongly is not
// what went wrong.
int CodeOf(const absl::Status& status);

}  // namespace omnibus::cli
