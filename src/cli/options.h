// Options that several commands have.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omnibus/uuid.h"

namespace CLI {
class App;
}

namespace omnibus::cli {

// Ends the parsing: the value of `option` is wrong.
[[noreturn]] void Refuse(const std::string& option, const absl::Status& status);

void AddConfiguration(CLI::App& command, std::vector<std::string>& files, bool required);

// More than 0 and finite; a number alone is seconds.
void AddDuration(CLI::App& command, const std::string& name, const std::string& help,
                 std::function<void(absl::Duration)> take);
void AddTimeout(CLI::App& command, const std::string& help,
                std::function<void(absl::Duration)> take);

void AddUuid(CLI::App& command, const std::string& name, const std::string& help,
             std::optional<Uuid>& value);

}  // namespace omnibus::cli
