#include "tests/simulation/story_run.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domains/bookstore/domain.h"
#include "domains/coworking/domain.h"
#include "omnibus/bus.h"
#include "omnibus/retry_policy.h"
#include "tests/simulation/log_broker.h"
#include "tests/simulation/queue_broker.h"
#include "tests/simulation/run_log.h"

namespace omnibus::simulation {
namespace {

// For all that was begun to come to its end, once the weather is fine.
constexpr absl::Duration kPatience = absl::Minutes(10);

class Counter final : public Witness {
 public:
  void OnAppended(const Record&) override {}
  void OnDelivered(const std::string&, const std::string&, const Record&) override { ++messages_; }
  void OnSettled(const std::string&, const std::string&, const Record&, bool) override {}
  void OnDeprived(const std::string&, const std::string&, const Record&) override {}

  std::size_t messages() const { return messages_; }

 private:
  std::size_t messages_ = 0;
};

// The stories are told in seconds: a reminder that is late for one of them would be wrong.
Weather DrawShowers(Dice& dice) {
  Weather weather;
  weather.most_latency = dice.Between(absl::Milliseconds(1), absl::Milliseconds(20));
  if (dice.Chance(0.25)) return weather;
  if (dice.Chance(0.7)) {
    weather.cut_every = dice.Between(absl::Milliseconds(5), absl::Milliseconds(200));
    weather.longest_cut = absl::Milliseconds(300);
    if (dice.Chance(0.5)) weather.cut_publishers = 0.7;
  }
  if (dice.Chance(0.4)) weather.refused_publish = 0.1;
  if (dice.Chance(0.4)) weather.nacked_publish = 0.1;
  if (dice.Chance(0.5)) {
    weather.consumer_cancelled_every =
        dice.Between(absl::Milliseconds(10), absl::Milliseconds(500));
  }
  return weather;
}

absl::Status Await(SimulatedRuntime& runtime, const Demonstration& demonstration) {
  const absl::Time end = runtime.Now() + kPatience;
  absl::Status checked = demonstration.Check();
  while (absl::IsUnavailable(checked) && runtime.Now() < end) {
    runtime.Advance(absl::Milliseconds(100));
    checked = demonstration.Check();
  }
  return checked;
}

}  // namespace

RunResult RunStories(std::uint64_t seed, std::function<void(const std::string&)> print) {
  SimulatedRuntime runtime(seed);
  World world(runtime, seed, std::move(print));
  Dice& dice = world.dice;
  world.weather = DrawShowers(dice);
  Counter counter;
  LogBroker log_broker(world, counter);
  QueueBroker queue_broker(world, counter);
  const bool queues = dice.Chance(0.5);
  const Domain domain =
      dice.Chance(0.5) ? bookstore::BookstoreDomain() : coworking::CoworkingDomain();
  const std::shared_ptr<spdlog::logger> log = MakeLog(world.trace);
  RunResult result;
  const auto find = [&](const char* kind, const absl::Status& what) {
    world.trace.Step("WRONG: ", kind, ": ", what.ToString());
    result.findings.push_back({kind, what.ToString()});
  };

  const std::unique_ptr<Demonstration> demonstration = domain.demonstration();
  const std::string transport = queues ? "queue" : "log";
  const std::string configuration =
      absl::StrCat("bus: {transport: ", transport, "}\ntransports: {", transport, ": {}}");
  std::vector<std::unique_ptr<Bus>> buses;
  for (std::unique_ptr<Module>& module : demonstration->MakeModules()) {
    Process& process = world.NewProcess(std::string(module->name()));
    BusOptions options;
    options.configuration = *ParseSettings(configuration, "simulation");
    options.transports.push_back(queues ? MakeQueuePlugin(queue_broker, process)
                                        : MakeLogPlugin(log_broker, process));
    options.modules.push_back(std::move(module));
    options.runtime = &runtime;
    options.log = log;
    absl::StatusOr<std::unique_ptr<Bus>> bus = Bus::Open(std::move(options));
    if (!bus.ok()) {
      find("could not start", bus.status());
      return result;
    }
    buses.push_back(*std::move(bus));
  }
  world.StartFaults();
  queues ? queue_broker.StartCancelling() : log_broker.StartForgetting();
  runtime.Advance(dice.Between(absl::ZeroDuration(), absl::Seconds(1)));
  const absl::Status played = demonstration->Play(runtime);
  runtime.Advance(dice.Between(absl::ZeroDuration(), absl::Seconds(10)));
  world.ClearUp();
  // A user who is told that something is not certain, tells no further story.
  if (played.ok()) {
    absl::Status checked = Await(runtime, *demonstration);
    if (!checked.ok()) find(absl::IsUnavailable(checked) ? "no end" : "wrong end", checked);
    runtime.Advance(absl::Minutes(1));
    if (checked.ok()) checked = demonstration->Check();
    if (!checked.ok() && result.findings.empty()) find("wrong after its end", checked);
  } else if (!CanRetry(played)) {
    find("not played", played);
  }
  for (const std::unique_ptr<Bus>& bus : buses) bus->Close(absl::Minutes(1)).IgnoreError();
  result.messages = counter.messages();
  result.faults = world.faults;
  return result;
}

}  // namespace omnibus::simulation
