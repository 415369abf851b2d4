#include "tests/simulation/farmer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/retry_policy.h"
#include "tests/simulation/mill.h"

namespace omnibus::simulation {
namespace {

// More than any publish takes: the threads of a killed process come to their ends unseen.
constexpr absl::Duration kBurial = absl::Minutes(2);

}  // namespace

Farmer::Farmer(World& world, Oracle& oracle, FarmerOptions options)
    : world_(world),
      oracle_(oracle),
      options_(std::move(options)),
      thread_(world.runtime.Spawn(options_.name, [this] { Work(); })) {}

void Farmer::Work() {
  while (loaded_ < options_.sacks || unheard_of_.has_value()) {
    LiveOnce(world_.NewProcess(absl::StrCat(options_.name, ".", ++lives_)));
    // What the last one had sent arrives before what the next one sends.
    const absl::Duration pause = world_.dice.Between(absl::ZeroDuration(), absl::Seconds(2));
    world_.runtime.SleepUntil(world_.runtime.Now() + world_.weather.most_latency + pause);
  }
  done_ = true;
}

void Farmer::LiveOnce(Process& process) {
  if (world_.weather.publisher_killed_every > 0) {
    process.KillAfter(world_.dice.Between(1, 2 * world_.weather.publisher_killed_every));
  }
  process.OnDeath([this] {
    ++world_.faults;
    ++world_.kills;
  });
  BusOptions options;
  options.configuration = *ParseSettings(options_.configuration, "simulation");
  options.transports.push_back(options_.plugin(process));
  options.events = {&EventTypeOf<Sack>(), &EventTypeOf<Loaf>()};
  options.runtime = &world_.runtime;
  options.log = options_.log;
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  while (process.alive() && (loaded_ < options_.sacks || unheard_of_.has_value())) {
    Bring(**bus, process, unheard_of_.has_value() ? *std::exchange(unheard_of_, {}) : Load());
    world_.runtime.SleepUntil(world_.runtime.Now() +
                              world_.dice.Between(absl::ZeroDuration(), options_.longest_pause));
  }
  (*bus)->Close(kBurial).IgnoreError();
  bus->reset();
  process.End();
}

Farmer::Cart Farmer::Load() {
  const std::int64_t line = options_.first_line + world_.dice.Between(0, options_.lines - 1);
  ++loaded_;
  const Cart cart = {{Good::Kind::kSack, line, ++numbers_[line], 0},
                     RandomUuid(world_.dice.Next(), world_.dice.Next())};
  oracle_.OnPublish(cart.sack, options_.name);
  return cart;
}

void Farmer::Bring(Bus& bus, Process& process, const Cart& cart) {
  const Good& good = cart.sack;
  const Sack sack{good.line, good.number};
  PublishOptions options;
  options.id = cart.id;
  options.idempotency_key = cart.id;
  options.timeout = world_.dice.Between(absl::Milliseconds(300), options_.longest_timeout);
  if (!options_.waits) {
    bus.PublishAsync(
        sack, [this, good](const absl::Status& outcome) { oracle_.OnOutcome(good, outcome); },
        options);
    return;
  }
  absl::Status outcome;
  do {
    outcome = bus.Publish(sack, options);
  } while (process.alive() && !outcome.ok() && CanRetry(outcome));
  if (!outcome.ok() && !process.alive()) {
    if (world_.dice.Chance(0.5)) {
      unheard_of_ = cart;
      return;
    }
    outcome = absl::UnknownError("whoever published it was killed");
  }
  oracle_.OnOutcome(good, outcome);
}

}  // namespace omnibus::simulation
