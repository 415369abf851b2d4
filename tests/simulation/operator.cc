#include "tests/simulation/operator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/dead_letters.h"
#include "tests/simulation/mill.h"

namespace omnibus::simulation {

Operator::Operator(World& world, Oracle& oracle, OperatorOptions options)
    : world_(world),
      oracle_(oracle),
      options_(std::move(options)),
      thread_(world.runtime.Spawn("operator", [this] { Work(); })) {}

void Operator::Work() {
  while (!stopping_) {
    const absl::Duration pause = world_.dice.Between(absl::Milliseconds(10), 2 * options_.every);
    world_.runtime.SleepUntil(world_.runtime.Now() + pause);
    if (stopping_) return;
    Process& process = world_.NewProcess(absl::StrCat("operator.", ++commands_));
    if (world_.weather.publisher_killed_every > 0) {
      process.KillAfter(world_.dice.Between(1, 2 * world_.weather.publisher_killed_every));
    }
    process.OnDeath([this] {
      ++world_.faults;
      ++world_.kills;
    });
    Command(process);
    process.End();
  }
}

void Operator::Command(Process& process) {
  if (world_.cleared_up && options_.mends) oracle_.Mend();
  DeadLettersOptions options;
  options.configuration = *ParseSettings(options_.configuration, "simulation");
  options.transports.push_back(options_.plugin(process));
  options.events = {&EventTypeOf<Sack>(), &EventTypeOf<Loaf>()};
  options.runtime = &world_.runtime;
  options.log = options_.log;
  options.timeout = absl::Seconds(5);
  const auto letters = DeadLetters::Open(std::move(options));
  // Those that died, and not what is parked behind them.
  const DeadLetterFilter died = {.reasons = {"INVALID_ARGUMENT", "UNAVAILABLE"}};
  const bool replays = options_.mends || (!world_.cleared_up && world_.dice.Chance(0.5));
  world_.trace.Step(process.name(), replays ? ": replays" : ": purges");
  const absl::StatusOr<RemovalTally> tally =
      replays ? (*letters)->Replay(died) : (*letters)->Purge(died);
  world_.trace.Step(process.name(), ": has ended: ",
                    tally.ok() ? absl::StrCat(tally->done, " done, ", tally->following,
                                              " following, ", tally->failed, " failed")
                               : tally.status().ToString());
}

}  // namespace omnibus::simulation
