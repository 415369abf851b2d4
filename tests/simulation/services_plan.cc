#include "tests/simulation/services_plan.h"

#include "absl/strings/str_cat.h"

namespace omnibus::simulation {
namespace {

constexpr const char* kModules[] = {"miller", "clerk", "baker"};

// A module of its own process, or several of one.
std::vector<std::vector<std::string>> DrawProcesses(Dice& dice) {
  std::vector<std::vector<std::string>> processes;
  if (dice.Chance(0.3)) {
    processes.assign(static_cast<std::size_t>(dice.Between(1, 3)), {"miller", "clerk", "baker"});
    return processes;
  }
  for (const char* module : kModules) {
    for (std::int64_t i = dice.Between(1, 3); i > 0; --i) processes.push_back({module});
  }
  return processes;
}

std::string DrawTransport(Dice& dice, bool queues) {
  const std::string own =
      queues ? absl::StrCat("prefetch: ", dice.Chance(0.3) ? 2 : 256)
             : absl::StrCat("partitions: ", dice.Between(1, 6), ", release_within: ",
                            dice.Chance(0.5) ? dice.Between(200, 4000) : 30000, "ms");
  return absl::StrCat("{", own, ", queue: ", dice.Chance(0.3) ? 2 : 1000, "}");
}

}  // namespace

ServicesPlan DrawServices(Dice& dice) {
  const int concurrency[] = {1, 2, 4, 8};
  const int in_flight[] = {2, 8, 64, 1024};
  ServicesPlan plan;
  plan.queues = dice.Chance(0.4);
  plan.processes = DrawProcesses(dice);
  plan.shared = plan.processes.size() > (plan.processes[0].size() > 1 ? 1 : 3);
  plan.ordered = !dice.Chance(0.15);
  // Where members share a queue, each would park keys for itself alone.
  plan.parks = plan.ordered && !(plan.queues && plan.shared) && dice.Chance(0.3);
  // What is published late is published again, by another attempt: of these there must be enough.
  const bool hurries = dice.Chance(0.3);
  const std::int64_t publish_timeout = hurries ? dice.Between(3, 9) : dice.Between(10, 30);
  const char* const transport = plan.queues ? "queue" : "log";
  absl::StrAppend(&plan.configuration, "bus: {transport: ", transport,
                  ", publish_timeout: ", publish_timeout, "s, drain: 20s}\ntransports: {",
                  transport, ": ", DrawTransport(dice, plan.queues), "}\nmodules:\n");
  for (const char* module : kModules) {
    absl::StrAppend(
        &plan.configuration, "  ", module, ": {ordered: ", plan.ordered ? "true" : "false",
        ", after_dead_letter: ", plan.parks ? "park" : "continue",
        ", concurrency: ", concurrency[dice.Between(0, 3)],
        ", in_flight: ", in_flight[dice.Between(0, 3)], ", retry: {attempts: ", hurries ? 25 : 8,
        ", first_delay: 20ms, max_delay: 1s, in_place: ", dice.Chance(0.5) ? "5s" : "100ms",
        "}}\n");
  }
  return plan;
}

}  // namespace omnibus::simulation
