#include "tests/simulation/service_process.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "omnibus/bus.h"
#include "tests/simulation/mill.h"

namespace omnibus::simulation {
namespace {

// More than any handler takes: the threads of a killed process come to their ends unseen.
constexpr absl::Duration kBurial = absl::Minutes(2);

}  // namespace

ServiceProcess::ServiceProcess(World& world, Oracle& oracle, ServiceOptions options)
    : world_(world),
      oracle_(oracle),
      options_(std::move(options)),
      bell_(world.runtime.NewDoorbell()),
      thread_(world.runtime.Spawn(options_.name, [this] { Live(); })) {}

ServiceProcess::~ServiceProcess() { Join(); }

void ServiceProcess::Live() {
  while (!stopping_) {
    Process& process = world_.NewProcess(absl::StrCat(options_.name, ".", ++lives_));
    LiveOnce(process);
    if (stopping_) return;
    const absl::Duration pause = world_.dice.Between(absl::ZeroDuration(), absl::Seconds(3));
    world_.trace.Step(options_.name, ": starts again in ", absl::FormatDuration(pause));
    world_.runtime.SleepUntil(world_.runtime.Now() + pause);
  }
}

void ServiceProcess::LiveOnce(Process& process) {
  if (world_.weather.killed_every > 0) {
    process.KillAfter(world_.dice.Between(1, 2 * world_.weather.killed_every));
  }
  process.OnDeath([this] {
    ++world_.faults;
    ++world_.kills;
    bell_->Ring();
  });
  OracleObserver observer(oracle_, process);
  BusOptions options;
  options.configuration = *ParseSettings(options_.configuration, "simulation");
  options.transports.push_back(options_.plugin(process));
  for (const std::string& module : options_.modules) {
    options.modules.push_back(std::make_unique<MillService>(
        *std::find(std::begin(kMill.services), std::end(kMill.services), module), world_, process,
        oracle_));
  }
  options.runtime = &world_.runtime;
  options.log = options_.log;
  if (options_.inbox != nullptr) options.inbox = options_.inbox(process);
  options.observer = &observer;
  world_.trace.Step(process.name(), ": starts");
  absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
  if (!bus.ok()) {
    world_.trace.Step(process.name(), ": could not start: ", bus.status().ToString());
    return;
  }
  const bool restarts = options_.restart_every != absl::InfiniteDuration() && !world_.cleared_up;
  const absl::Time stop =
      restarts ? world_.runtime.Now() +
                     world_.dice.Between(absl::ZeroDuration(), 2 * options_.restart_every)
               : absl::InfiniteFuture();
  while (!stopping_ && process.alive() && world_.runtime.Now() < stop) bell_->Wait(stop);
  const bool alive = process.alive();
  if (alive) world_.trace.Step(process.name(), ": stops");
  const absl::Status closed = (*bus)->Close(alive ? options_.drain : kBurial);
  world_.trace.Step(process.name(), ": has ended: ", closed.ToString());
  bus->reset();
  process.End();
  // What is cut off by a stop without patience is done again: so it is told.
  if (alive && !closed.ok()) ++world_.faults;
}

}  // namespace omnibus::simulation
