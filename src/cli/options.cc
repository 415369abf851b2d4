#include "cli/options.h"

#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "omnibus/configuration.h"

namespace omnibus::cli {
namespace {

constexpr char kConfiguration[] =
    "Configuration file; several are laid over each other (--config a.yaml --config b.yaml)";

}  // namespace

void Refuse(const std::string& option, const absl::Status& status) {
  throw CLI::ValidationError(option, std::string(status.message()));
}

void AddConfiguration(CLI::App& command, std::vector<std::string>& files, bool required) {
  command.add_option("--config,-c", files, kConfiguration)
      ->type_name("FILE")
      ->required(required)
      ->allow_extra_args(false);
}

void AddDuration(CLI::App& command, const std::string& name, const std::string& help,
                 std::function<void(absl::Duration)> take) {
  command
      .add_option_function<std::string>(
          name,
          [name, take = std::move(take)](const std::string& text) {
            // A number alone is seconds, as with other tools.
            double seconds = 0;
            absl::Duration duration;
            if (absl::SimpleAtod(text, &seconds)) {
              duration = absl::Seconds(seconds);
            } else if (absl::Status status = ParseScalar(text, duration); !status.ok()) {
              Refuse(name, status);
            }
            if (duration <= absl::ZeroDuration() || duration == absl::InfiniteDuration()) {
              throw CLI::ValidationError(name, "must be more than 0 and finite");
            }
            take(duration);
          },
          help)
      ->type_name("DURATION");
}

void AddTimeout(CLI::App& command, const std::string& help,
                std::function<void(absl::Duration)> take) {
  AddDuration(command, "--timeout", help, std::move(take));
}

void AddUuid(CLI::App& command, const std::string& name, const std::string& help,
             std::optional<Uuid>& value) {
  command
      .add_option_function<std::string>(
          name,
          [name, &value](const std::string& text) {
            Uuid uuid = {};
            if (absl::Status status = ParseScalar(text, uuid); !status.ok()) Refuse(name, status);
            value = uuid;
          },
          help)
      ->type_name("UUID");
}

}  // namespace omnibus::cli
