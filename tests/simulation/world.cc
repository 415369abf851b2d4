#include "tests/simulation/world.h"

#include <utility>
#include <vector>

#include "tests/simulation/link.h"

namespace omnibus::simulation {

World::World(SimulatedRuntime& simulated, std::uint64_t seed,
             std::function<void(const std::string&)> print)
    : runtime(simulated), dice(seed), trace(simulated, std::move(print)), loop(simulated) {}

World::~World() = default;

Link& World::NewLink(Process& process, std::string name, LinkPurpose purpose) {
  links.push_back(std::make_unique<Link>(*this, process, std::move(name), purpose));
  return *links.back();
}

Process& World::NewProcess(std::string name) {
  processes.push_back(std::make_unique<Process>(std::move(name), trace));
  return *processes.back();
}

void World::StartFaults() { CutSoon(); }

void World::ClearUp() {
  trace.Step("the weather clears up");
  cleared_up = true;
  const Weather calm;
  weather.cut_every = calm.cut_every;
  weather.refused_publish = weather.late_confirm = weather.nacked_publish = 0;
  weather.consumer_cancelled_every = calm.consumer_cancelled_every;
  weather.killed_every = weather.publisher_killed_every = 0;
}

void World::CutSoon() {
  if (weather.cut_every == absl::InfiniteDuration()) return;
  const absl::Duration pause = dice.Between(absl::ZeroDuration(), 2 * weather.cut_every);
  loop.After(pause, [this] {
    if (weather.cut_every == absl::InfiniteDuration()) return;
    if (Link* const drawn = DrawLink(); drawn != nullptr) {
      Link& link = *drawn;
      const absl::Duration duration = dice.Between(
          absl::Milliseconds(1), dice.Chance(0.5) ? absl::Milliseconds(300) : weather.longest_cut);
      if (dice.Chance(weather.blocked_publisher)) {
        link.Block(duration);
      } else {
        link.Cut(duration, !dice.Chance(weather.unnoticed));
      }
      ++faults;
    }
    CutSoon();
  });
}

Link* World::DrawLink() {
  const bool publishes = dice.Chance(weather.cut_publishers);
  std::vector<Link*> open;
  for (const auto& link : links) {
    if (!link->open() || (publishes && link->purpose() != LinkPurpose::kPublish)) continue;
    open.push_back(link.get());
  }
  return open.empty() ? nullptr : open[dice.Next() % open.size()];
}

}  // namespace omnibus::simulation
