#include "tests/simulation/farmer.h"

#include <map>
#include <utility>

#include "omnibus/retry_policy.h"
#include "tests/simulation/mill.h"

namespace omnibus::simulation {

Farmer::Farmer(World& world, Oracle& oracle, TransportPlugin plugin, Process& process,
               FarmerOptions options)
    : world_(world),
      oracle_(oracle),
      plugin_(std::move(plugin)),
      options_(std::move(options)),
      thread_(world.runtime.Spawn(process.name(), [this] { Work(); })) {}

void Farmer::Work() {
  BusOptions options;
  options.configuration = *ParseSettings(options_.configuration, "simulation");
  options.transports.push_back(plugin_);
  options.events = {&EventTypeOf<Sack>(), &EventTypeOf<Loaf>()};
  options.runtime = &world_.runtime;
  options.log = options_.log;
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  std::map<std::int64_t, std::int64_t> numbers;
  for (std::int64_t i = 0; i < options_.sacks; ++i) {
    const std::int64_t line = options_.first_line + world_.dice.Between(0, options_.lines - 1);
    Bring(**bus, {Good::Kind::kSack, line, ++numbers[line], 0});
    world_.runtime.SleepUntil(world_.runtime.Now() +
                              world_.dice.Between(absl::ZeroDuration(), options_.longest_pause));
  }
  (*bus)->Close(absl::Minutes(2)).IgnoreError();
  done_ = true;
}

void Farmer::Bring(Bus& bus, const Good& good) {
  const Sack sack{good.line, good.number};
  PublishOptions options;
  options.id = RandomUuid(world_.dice.Next(), world_.dice.Next());
  options.idempotency_key = options.id;
  options.timeout = world_.dice.Between(absl::Milliseconds(300), absl::Seconds(10));
  oracle_.OnPublish(good, options_.name);
  if (!options_.waits) {
    bus.PublishAsync(
        sack, [this, good](const absl::Status& outcome) { oracle_.OnOutcome(good, outcome); },
        options);
    return;
  }
  absl::Status outcome;
  do {
    outcome = bus.Publish(sack, options);
  } while (!outcome.ok() && CanRetry(outcome));
  oracle_.OnOutcome(good, outcome);
}

}  // namespace omnibus::simulation
