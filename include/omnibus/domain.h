// What a domain offers to programs that are made of domains, such as the command line.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omnibus/configuration.h"
#include "omnibus/event.h"
#include "omnibus/event_type.h"
#include "omnibus/module.h"

namespace omnibus {

struct ModuleFactory {
  std::string_view name;  // one of the domain's services

  // `settings` is `modules.<name>.settings`, `path` its name in errors. kInvalidArgument with each
  // error's place.
  std::function<absl::StatusOr<std::unique_ptr<Module>>(const Setting& settings,
                                                        const std::string& path)>
      make;
};

// Stories to show, and the state that they leave.
class Demonstration {
 public:
  // A table of the end state.
  struct Table {
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
  };

  virtual ~Demonstration() = default;

  // All of the domain's modules, with the demonstration's data and compressed times. Called once.
  virtual std::vector<std::unique_ptr<Module>> MakeModules() = 0;

  // Plays the stories: publishes and calls as users would. Returns when the last of them was
  // started.
  virtual absl::Status Play(Runtime& runtime) = 0;

  // OK when the end state is reached and right; kUnavailable: not yet; any other: wrong, and says
  // what.
  virtual absl::Status Check() const = 0;

  virtual std::vector<Table> State() const = 0;
};

struct Domain {
  const DomainName* name = nullptr;
  std::vector<const EventType*> events;
  std::vector<ModuleFactory> modules;
  std::function<std::unique_ptr<Demonstration>()> demonstration;  // may be empty
};

}  // namespace omnibus
