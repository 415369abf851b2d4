#include "tests/simulation/run.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/farmer.h"
#include "tests/simulation/log_broker.h"
#include "tests/simulation/operator.h"
#include "tests/simulation/queue_broker.h"
#include "tests/simulation/run_log.h"
#include "tests/simulation/service_process.h"
#include "tests/simulation/services_plan.h"
#include "tests/simulation/simulated_inbox.h"

namespace omnibus::simulation {
namespace {

// What all that was published may take to come to its end, once the weather is fine.
constexpr absl::Duration kPatience = absl::Minutes(30);

}  // namespace

RunResult Run(std::uint64_t seed, std::function<void(const std::string&)> print) {
  SimulatedRuntime runtime(seed);
  InboxTable inboxes;
  World world(runtime, seed, std::move(print));
  Dice& dice = world.dice;
  world.weather = DrawWeather(dice);
  Oracle oracle(world, seed);
  LogBroker log_broker(world, oracle);
  QueueBroker queue_broker(world, oracle);
  const ServicesPlan plan = DrawServices(dice);
  const bool queues = plan.queues;
  const auto make_plugin = [&](Process& process) {
    return queues ? MakeQueuePlugin(queue_broker, process) : MakeLogPlugin(log_broker, process);
  };
  const std::shared_ptr<spdlog::logger> log = MakeLog(world.trace);
  const bool durable = dice.Chance(0.5);

  std::vector<std::unique_ptr<ServiceProcess>> services;
  const absl::Duration restart_every = dice.Chance(0.5)
                                           ? dice.Between(absl::Milliseconds(200), absl::Seconds(4))
                                           : absl::InfiniteDuration();
  const absl::Duration drain = dice.Chance(0.8) ? absl::Seconds(20) : absl::Seconds(1);
  for (const std::vector<std::string>& modules : plan.processes) {
    ServiceOptions options;
    options.name = absl::StrCat("service-", services.size() + 1);
    options.modules = modules;
    options.configuration = plan.configuration;
    options.drain = drain;
    options.restart_every = restart_every;
    options.log = log;
    options.plugin = make_plugin;
    if (durable) {
      options.inbox = [&inboxes](Process& process) { return MakeInboxFactory(inboxes, process); };
    }
    services.push_back(std::make_unique<ServiceProcess>(world, oracle, std::move(options)));
  }
  std::vector<std::unique_ptr<Farmer>> farmers;
  const std::int64_t farms = dice.Between(1, 3);
  for (std::int64_t i = 0; i < farms; ++i) {
    FarmerOptions options;
    options.name = absl::StrCat("farmer-", i + 1);
    options.configuration = plan.configuration;
    options.lines = dice.Between(1, 8);
    options.first_line = 10 * i;
    options.sacks = dice.Between(10, 40);
    options.longest_pause = dice.Between(absl::Milliseconds(1), absl::Milliseconds(300));
    options.longest_timeout = dice.Chance(0.5) ? absl::Seconds(1) : absl::Seconds(10);
    options.waits = dice.Chance(0.5);
    options.log = log;
    options.plugin = make_plugin;
    farmers.push_back(std::make_unique<Farmer>(world, oracle, std::move(options)));
  }
  std::unique_ptr<Operator> releases;
  if (plan.parks) {
    OperatorOptions options;
    options.configuration = plan.configuration;
    options.mends = dice.Chance(0.5);
    options.every = dice.Between(absl::Milliseconds(200), absl::Seconds(10));
    options.log = log;
    options.plugin = make_plugin;
    releases = std::make_unique<Operator>(world, oracle, std::move(options));
  }
  world.StartFaults();
  queues ? queue_broker.StartCancelling() : log_broker.StartForgetting();
  if (!queues && dice.Chance(0.4)) {
    log_broker.StartMoving(dice.Between(absl::Milliseconds(100), absl::Seconds(3)));
  }
  std::int64_t garbage = dice.Between(0, 3);
  for (const auto& farmer : farmers) {
    while (!farmer->done()) {
      runtime.Advance(absl::Milliseconds(200));
      if (garbage > 0 && dice.Chance(0.3)) {
        const std::string key = absl::StrCat(dice.Between(0, 5));
        const std::string body = absl::StrCat("garbage/", garbage--);
        if (queues) queue_broker.Inject("mill.sacks", key, body);
        if (!queues) log_broker.Inject("mill.sacks", key, body);
      }
    }
    farmer->Join();
  }
  runtime.Advance(dice.Between(absl::ZeroDuration(), absl::Seconds(5)));
  world.ClearUp();
  const absl::Time end = runtime.Now() + kPatience;
  while (!oracle.AllEnded() && !oracle.found() && runtime.Now() < end)
    runtime.Advance(absl::Seconds(1));
  if (releases != nullptr) {
    releases->Stop();
    releases->Join();
  }
  for (const auto& service : services) service->Stop();
  for (const auto& service : services) service->Join();
  RunResult result;
  Oracle::Claims claims;
  claims.calm = world.faults == 0;
  claims.one_inbox = durable || (!plan.shared && restart_every == absl::InfiniteDuration());
  // The members of a group share one queue, and none knows what another one has. Nor does a new one
  // know what the broker still takes for the old one's.
  claims.order = plan.ordered && (!queues || (!plan.shared && world.weather.unnoticed == 0));
  claims.replays = plan.parks;
  result.findings = oracle.Check(claims);
  result.messages = oracle.messages();
  result.faults = world.faults;
  return result;
}

}  // namespace omnibus::simulation
